#include "tests/e2e/secure_kafka.h"

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu::e2e {
namespace {

constexpr uint64_t kOneOf = 16;  // Of so many people; enough for some alerts.

}  // namespace

// Users meet 3.9.1: the librdkafka of Debian 12 cannot sign in with SCRAM at Kafka 4.
std::unique_ptr<SecureKafka> SecureKafka::Start(How how) {
  auto kafka = std::make_unique<SecureKafka>();
  kafka->how_ = how;
  KafkaClusterOptions options;
  options.secure = true;
  if (how == How::kUser) options.version = "3.9.1";
  for (const std::string role : kRoles) options.users["bank-" + role] = role + "'s secret";
  kafka->broker_ = KafkaBroker::Start(std::move(options));
  if (kafka->broker_ == nullptr) return nullptr;
  KafkaCluster& cluster = kafka->broker_->cluster();
  Result<std::unique_ptr<KafkaAdmin>> admin = KafkaAdmin::Start(cluster.direct());
  if (!KafkaBroker::Usable(admin.status())) return nullptr;
  kafka->admin_ = std::move(*admin);
  for (const std::string role : kRoles) {
    kafka->certificates_[role] = cluster.certificates().Issue("bank-" + role).value();
  }
  return kafka;
}

SecureKafka* SecureKafka::Shared(How how) {
  static std::map<How, std::unique_ptr<SecureKafka>> all;
  const auto [found, first] = all.try_emplace(how);
  if (first) found->second = Start(how);
  return found->second.get();
}

void SecureKafka::Admin(const std::string& lines) {
  const Status status = admin_->Run(lines);
  INFO(status.message());
  REQUIRE(status.ok());
}

Setup SecureKafka::Unbound(Setup setup) {
  setup.brokers = broker_->cluster().direct();
  return setup;
}

std::string SecureKafka::Principal(const std::string& role) const {
  return how_ == How::kUser ? "User:bank-" + role : certificates_.at(role).principal;
}

Setup SecureKafka::As(const std::string& role, Setup setup) {
  if (how_ == How::kUser) return AsUser(role, std::move(setup));
  KafkaCluster& cluster = broker_->cluster();
  const TestCertificate& own = certificates_.at(role);
  setup.brokers = cluster.tls_bootstrap();
  setup.kafka = StrCat(", properties: {security.protocol: SSL, ssl.ca.location: \"",
                       cluster.certificates().authority(), "\", ssl.certificate.location: \"",
                       own.certificate, "\", ssl.key.location: \"", own.key, "\"}");
  return setup;
}

Setup SecureKafka::AsUser(const std::string& role, Setup setup) {
  KafkaCluster& cluster = broker_->cluster();
  setup.brokers = cluster.bootstrap();
  setup.kafka = StrCat(", properties: {security.protocol: SASL_SSL, ssl.ca.location: \"",
                       cluster.certificates().authority(),
                       "\", sasl.mechanism: SCRAM-SHA-512, sasl.username: bank-", role,
                       ", sasl.password: \"", role, "'s secret\"}");
  return setup;
}

std::string SecureKafka::Commands(Bench& bench, const Setup& setup) {
  const ProgramResult printed = bench.Do({"topics", "create", "--print"}, Unbound(setup));
  REQUIRE(printed.exit_code == 0);
  std::string lines = printed.output;
  lines += StrCat("kafka-acls.sh --bootstrap-server '", broker_->cluster().direct(),
                  "' --add --allow-principal 'User:", setup.prefix,
                  "-ingest' --operation Read --topic '", setup.prefix, ".source'\n");
  for (const std::string role : kRoles) {
    const std::string theirs = StrCat("'User:", setup.prefix, "-", role, "'");
    const std::string ours = StrCat("'", Principal(role), "'");
    for (size_t at = lines.find(theirs); at != lines.npos; at = lines.find(theirs, at)) {
      lines.replace(at, theirs.size(), ours);
    }
  }
  return lines;
}

void FillSource(Bench& bench) {
  REQUIRE(bench.broker().CreateTopic(bench.Topic("source"), kPartitions).ok());
  std::vector<TestRecord> records;
  for (const auto& [user, line] : GeneratedEvents()) {
    if (Hash64(user) % kOneOf == 0) records.push_back({kByKey, 0, user, line, {}});
  }
  REQUIRE(bench.broker().Produce(bench.Topic("source"), records).ok());
}

Setup RoleSetup(const Bench& bench, const std::string& role) {
  Setup setup = bench.NewSetup(role);
  setup.more = kManyAlerts;
  return setup;
}

}  // namespace bongsu::e2e
