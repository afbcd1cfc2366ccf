// A bank's Kafka: the printed commands of `bongsu topics create --print` are what it takes to score
// a stream there, and each right that is missing is named with the remedy.
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "engine/base/strings.h"
#include "tests/e2e/secure_kafka.h"

namespace bongsu::e2e {
namespace {

Values Replay(Bench& bench, const Setup& unbound) {
  const std::string path = bench.File("alerts.jsonl");
  const ProgramResult replay = bench.Do({"replay", "--from-topic", "--alerts", path}, unbound);
  INFO(replay.output);
  REQUIRE(replay.exit_code == 0);
  return ReadReplayedAlerts(path);
}

void ScoresWithLeastRights(How how, const std::string& name) {
  SecureKafka* const kafka = SecureKafka::Shared(how);
  if (kafka == nullptr) return;
  Bench bench(&kafka->broker(), name);
  kafka->Admin(kafka->Commands(bench, RoleSetup(bench, "admin")));
  FillSource(bench);
  const auto ingest = bench.Run(kafka->As("ingest", RoleSetup(bench, "ingest")), "ingest");
  const auto score = bench.Run(kafka->As("score", RoleSetup(bench, "score")), "score");
  bench.AwaitLagZero(name + ".ingest", bench.Topic("source"));
  bench.AwaitLagZero(name + ".score", bench.Topic("events"));
  EndInOrder(*ingest);
  EndInOrder(*score);
  const Values expected = Replay(bench, kafka->Unbound(RoleSetup(bench, "truth")));
  const Values alerts = bench.Alerts(name);
  CHECK((alerts == expected));
  CHECK(std::any_of(alerts.begin(), alerts.end(), [](const auto& of) { return !of.empty(); }));
  CHECK_THAT(ingest->Output() + score->Output(), !Catch::Contains("uthoriz"));
}

// A right of a role, and the command that takes it away.
struct Right {
  std::string role, operation, kind, name, withdrawal;
  std::string Text() const { return StrCat(role, ": ", operation, " of ", kind, " ", name); }
};

// What follows `option` in a line, without its quotation marks.
std::string Word(const std::string& line, const std::string& option) {
  const size_t at = line.find(option);
  if (at == line.npos) return {};
  const size_t begin = at + option.size();
  std::string word = line.substr(begin, line.find(' ', begin) - begin);
  std::erase(word, '\'');
  return word;
}

// The rights that a line gives. Not Describe, which reading and writing imply.
void AddRights(const std::string& role, const std::string& line, std::vector<Right>* rights) {
  const bool prefixed = line.find(" prefixed ") != line.npos;
  const size_t operations = line.find(" --operation ");
  for (const std::string kind : {"topic", "group", "transactional-id"}) {
    const std::string name = Word(line, StrCat(" --", kind, " "));
    if (name.empty()) continue;
    for (const std::string operation : {"DescribeConfigs", "Read", "Write"}) {
      if (line.find(StrCat(" --operation ", operation, " ")) == line.npos) continue;
      std::string less = line.substr(0, operations);
      less.replace(less.find("--add"), 5, "--remove --force");
      less +=
          StrCat(" --operation ", operation, prefixed ? " --resource-pattern-type prefixed" : "",
                 " --", kind, " '", name, "'\n");
      rights->push_back({role, operation, kind, name, std::move(less)});
    }
  }
}

// Those of `role` that a run asks for.
std::vector<Right> RightsOf(const std::string& role, const std::string& lines,
                            const SecureKafka& kafka) {
  std::vector<Right> rights;
  for (const std::string& line : Lines(lines)) {
    const bool theirs = line.find("'" + kafka.Principal(role) + "'") != line.npos;
    if (theirs && line.starts_with("kafka-acls.sh")) AddRights(role, line, &rights);
  }
  std::erase_if(rights, [](const Right& right) {
    const std::string what = right.Text();
    // Nothing uses these yet; and alerts are read to end what a scorer that is gone has left open.
    return what.ends_with("group-sums") || what.ends_with("artifacts") ||
           right.operation == "DescribeConfigs" || what.ends_with("Read of topic rights.alerts");
  });
  // Last, as it is the last record that becomes a dead letter.
  std::stable_partition(rights.begin(), rights.end(),
                        [](const Right& right) { return !right.name.ends_with("dead-letters"); });
  return rights;
}

// Runs the role without the right until it says so.
void ExpectNamed(SecureKafka& kafka, Bench& bench, const Right& right) {
  kafka.Admin(right.withdrawal);
  const auto program = bench.Run(kafka.As(right.role, RoleSetup(bench, right.role)), right.role);
  const size_t before = program->Output().size();
  const bool named = Eventually(seconds(30), [&] {
    const std::vector<std::string> lines = Lines(program->Output().substr(before));
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(right.name) != line.npos &&
             line.find("grant the rights that `bongsu topics create --print` lists") != line.npos;
    });
  });
  INFO(right.Text() << "\n" << program->Output().substr(before));
  CHECK(named);
  std::string given = right.withdrawal;
  given.replace(given.find("--remove --force"), 16, "--add");
  kafka.Admin(given);
}

}  // namespace

TEST_CASE("users with a password score a stream with the printed rights alone") {
  ScoresWithLeastRights(How::kUser, "scram");
}

TEST_CASE("programs with a certificate score a stream with the printed rights alone") {
  ScoresWithLeastRights(How::kCertificate, "mtls");
}

TEST_CASE("each right that is missing is named with the remedy") {
  SecureKafka* const kafka = SecureKafka::Shared(How::kCertificate);
  if (kafka == nullptr) return;
  Bench bench(&kafka->broker(), "rights");
  const std::string commands = kafka->Commands(bench, RoleSetup(bench, "admin"));
  kafka->Admin(commands);
  FillSource(bench);
  REQUIRE(bench.broker().Produce("rights.source", 0, "x", "{}").ok());
  for (const Right& right : RightsOf("ingest", commands, *kafka)) ExpectNamed(*kafka, bench, right);
  const auto ingest = bench.Run(kafka->As("ingest", RoleSetup(bench, "ingest")), "ingest");
  bench.AwaitLagZero("rights.ingest", "rights.source");
  EndInOrder(*ingest);
  REQUIRE(bench.broker().Produce("rights.events", 0, "x", "{}").ok());
  for (const Right& right : RightsOf("score", commands, *kafka)) ExpectNamed(*kafka, bench, right);
}

TEST_CASE("SCRAM that this librdkafka cannot use with Kafka 4 is refused with the remedy") {
  if (rd_kafka_version() >= 0x020601ff) return;
  SecureKafka* const kafka = SecureKafka::Shared(How::kCertificate);
  if (kafka == nullptr) return;
  Bench bench(&kafka->broker(), "late");
  const auto program = bench.Run(kafka->AsUser("score", RoleSetup(bench, "score")), "score");
  const bool said = Eventually(kPatience, [&] {
    return program->Output().find("sign in with a certificate there") != std::string::npos;
  });
  INFO(program->Output());
  CHECK(said);
}

}  // namespace bongsu::e2e
