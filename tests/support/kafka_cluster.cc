#include "tests/support/kafka_cluster.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu {
namespace {

using std::chrono::seconds;

// A release: its jars, and the option of Java that quietens its log.
struct Release {
  std::string_view version, pom, libs, logging;
};
constexpr std::array kReleases = std::to_array<Release>({
    {"4.1.1", "pom.xml", "kafka-libs",
     "-Dlog4j2.configurationFile=" BONGSU_SOURCE_DIR "/tests/support/kafka/log4j2.properties"},
    {"3.9.1", "kafka-3.9.1.xml", "kafka-libs-3.9.1",
     "-Dlog4j.configuration=file:" BONGSU_SOURCE_DIR "/tests/support/kafka/log4j.properties"},
});

std::string NewClusterId() {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string id;
  // 16 bytes in base64; the last of its 22 letters holds four zero bits.
  for (int i = 0; i < 21; ++i) id += kLetters[random() % (sizeof(kLetters) - 1)];
  return id + "Q";
}

std::string Loopback(int port) {
  return StrCat("127.0.0.1:", port);
}

}  // namespace

KafkaCluster::KafkaCluster(KafkaClusterOptions options) : options_(std::move(options)) {}

KafkaCluster::~KafkaCluster() {
  for (int i = 0; i < nodes(); ++i) Kill(i);
}

Result<std::unique_ptr<KafkaCluster>> KafkaCluster::Start(KafkaClusterOptions options) {
  BONGSU_CHECK(options.nodes == 1 || options.nodes == 3);
  Status status = Status::Ok();
  for (int attempt = 0; attempt < 3; ++attempt) {  // Another program may take a port meanwhile.
    auto cluster = std::unique_ptr<KafkaCluster>(new KafkaCluster(options));
    status = cluster->Launch();
    if (status.ok()) return cluster;
    if (status.code() == Code::kNotFound) break;
  }
  return status;
}

Status KafkaCluster::Launch() {
  const auto release = std::find_if(kReleases.begin(), kReleases.end(),
                                    [&](const auto& r) { return r.version == options_.version; });
  BONGSU_CHECK(release != kReleases.end());
  BONGSU_ASSIGN_OR_RETURN(const std::string java, FindProgram("java", "openjdk-17-jre-headless"));
  BONGSU_ASSIGN_OR_RETURN(const std::string libs,
                          FetchJars(std::string(release->pom), std::string(release->libs)));
  java_ = {java,
           options_.nodes == 1 ? "-Xmx512m" : "-Xmx384m",
           "-XX:+UseSerialGC",
           "-XX:TieredStopAtLevel=1",
           std::string(release->logging),
           "-cp",
           libs + "/*"};
  PlaceNodes();
  if (options_.secure) BONGSU_RETURN_IF_ERROR(Certify());
  BONGSU_RETURN_IF_ERROR(Format());
  return RestartAll();
}

void KafkaCluster::PlaceNodes() {
  id_ = NewClusterId();
  const auto count = static_cast<size_t>(options_.nodes);
  const std::vector<int> ports = FreePorts(4 * count);
  nodes_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    Node& node = nodes_[i];
    node.client = ports[4 * i];
    node.internal = ports[4 * i + 1];
    node.controller = ports[4 * i + 2];
    node.tls = ports[4 * i + 3];
    node.folder = dir_.File(StrCat("node-", i));
    node.log = node.folder + "/broker.log";
    std::filesystem::create_directories(node.folder);
    const auto told = options_.advertised.find(static_cast<int>(i));
    const int port = told == options_.advertised.end() ? node.client : told->second;
    bootstrap_ += StrCat(i > 0 ? "," : "", Loopback(port));
    tls_bootstrap_ += StrCat(i > 0 ? "," : "", Loopback(node.tls));
    direct_ += StrCat(i > 0 ? "," : "", Loopback(node.internal));
  }
}

KafkaCluster::Properties KafkaCluster::Listeners(int i) const {
  const Node& node = At(i);
  const auto told = options_.advertised.find(i);
  const int advertised = told == options_.advertised.end() ? node.client : told->second;
  const std::string others =
      StrCat(",INTERNAL://", Loopback(node.internal),
             options_.secure ? StrCat(",TLS://", Loopback(node.tls)) : std::string());
  return {
      {"listeners", StrCat("CLIENT://", Loopback(node.client), others, ",CONTROLLER://",
                           Loopback(node.controller))},
      {"advertised.listeners", StrCat("CLIENT://", Loopback(advertised), others)},
      {"controller.listener.names", "CONTROLLER"},
      {"inter.broker.listener.name", "INTERNAL"},
      {"listener.security.protocol.map",
       StrCat("CLIENT:", options_.secure ? "SASL_SSL,TLS:SSL" : "PLAINTEXT",
              ",INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT")},
  };
}

KafkaCluster::Properties KafkaCluster::Security() const {
  return {
      {"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
      {"allow.everyone.if.no.acl.found", "false"},
      // Who comes over the plain listeners: the nodes and the test.
      {"super.users", "User:ANONYMOUS"},
      {"sasl.enabled.mechanisms", "SCRAM-SHA-512"},
      {"listener.name.client.scram-sha-512.sasl.jaas.config",
       "org.apache.kafka.common.security.scram.ScramLoginModule required;"},
      {"listener.name.tls.ssl.client.auth", "required"},
      {"ssl.keystore.type", "PEM"},
      {"ssl.keystore.location", dir_.File("node.pem")},
      {"ssl.truststore.type", "PEM"},
      {"ssl.truststore.location", certificates_->authority()},
  };
}

KafkaCluster::Properties KafkaCluster::PropertiesOf(int i) const {
  std::string voters;
  for (int v = 0; v < nodes(); ++v) {
    voters += StrCat(v > 0 ? "," : "", v, "@", Loopback(At(v).controller));
  }
  const std::string copies = StrCat(nodes()), in_sync = nodes() == 1 ? "1" : "2";
  Properties properties = {
      {"process.roles", "broker,controller"},
      {"node.id", StrCat(i)},
      {"controller.quorum.voters", voters},
      {"log.dirs", At(i).folder + "/log"},
      {"num.network.threads", "2"},
      {"num.io.threads", "4"},
      {"auto.create.topics.enable", "false"},
      {"default.replication.factor", copies},
      {"min.insync.replicas", in_sync},
      {"offsets.topic.num.partitions", "4"},
      {"offsets.topic.replication.factor", copies},
      {"transaction.state.log.num.partitions", "4"},
      {"transaction.state.log.replication.factor", copies},
      {"transaction.state.log.min.isr", in_sync},
      {"share.coordinator.state.topic.replication.factor", copies},
      {"group.initial.rebalance.delay.ms", "0"},
      // A killed node is missed, and may come back, after 6 s instead of 9.
      {"broker.session.timeout.ms", "6000"},
      {"broker.heartbeat.interval.ms", "1000"},
  };
  properties.merge(Listeners(i));
  if (options_.secure) properties.merge(Security());
  for (const auto& [key, value] : options_.settings) properties[key] = value;
  return properties;
}

Status KafkaCluster::Certify() {
  BONGSU_ASSIGN_OR_RETURN(certificates_, TestCertificates::Make(dir_.File("certificates")));
  BONGSU_ASSIGN_OR_RETURN(const TestCertificate node, certificates_->Issue("kafka"));
  std::ofstream(dir_.File("node.pem"))
      << std::ifstream(node.key).rdbuf() << std::ifstream(node.certificate).rdbuf();
  return Status::Ok();
}

Status KafkaCluster::Format() {
  std::vector<std::unique_ptr<Program>> formatting;
  for (int i = 0; i < nodes(); ++i) {
    const std::string path = At(i).folder + "/server.properties";
    std::ofstream file(path);
    for (const auto& [key, value] : PropertiesOf(i)) file << key << '=' << value << '\n';
    file.close();
    std::vector<std::string> words = java_;
    words.insert(words.end(), {"kafka.tools.StorageTool", "format", "-t", id_, "-c", path});
    for (const auto& [name, password] : options_.users) {
      words.insert(words.end(), {"--add-scram", StrCat("SCRAM-SHA-512=[name=", name,
                                                       ",password=", password, "]")});
    }
    formatting.push_back(
        std::make_unique<Program>(ProgramOptions{std::move(words), At(i).log, {}, false, {}}));
  }
  for (int i = 0; i < nodes(); ++i) {
    if (formatting[static_cast<size_t>(i)]->Wait(seconds(60)) != 0) {
      return Status::Unavailable("the test cluster cannot be formatted: " + Log(i));
    }
  }
  return Status::Ok();
}

void KafkaCluster::Boot(int i) {
  std::vector<std::string> words = java_;
  words.insert(words.end(), {"kafka.Kafka", At(i).folder + "/server.properties"});
  At(i).process =
      std::make_unique<Program>(ProgramOptions{std::move(words), At(i).log, {}, false, {}});
}

// Asks the node itself, which answers once it is registered and has what it missed.
Status KafkaCluster::AwaitReady(int i) {
  const Handle handle =
      NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", Loopback(At(i).internal)},
                                    {"reconnect.backoff.ms", "20"},
                                    {"reconnect.backoff.max.ms", "100"}});
  const auto end = std::chrono::steady_clock::now() + seconds(60);
  while (std::chrono::steady_clock::now() < end && At(i).process->Running()) {
    // Another cluster on the port would look exactly like success.
    char* const id = rd_kafka_clusterid(handle.get(), 200);
    if (id == nullptr) continue;
    const bool ours = id_ == id;
    rd_kafka_mem_free(handle.get(), id);
    if (!ours) break;
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle.get(), 0, nullptr, &metadata, 1000) != 0) continue;
    const bool listed = std::any_of(metadata->brokers, metadata->brokers + metadata->broker_cnt,
                                    [i](const auto& broker) { return broker.id == i; });
    rd_kafka_metadata_destroy(metadata);
    if (listed) return Status::Ok();
  }
  const std::string text = Log(i);
  Kill(i);
  return Status::Unavailable(
      StrCat("node ", i, " of the test cluster did not start: ",
             text.substr(text.size() - std::min<size_t>(text.size(), 2000))));
}

pid_t KafkaCluster::pid(int node) const {
  return At(node).process ? At(node).process->pid() : -1;
}

std::string KafkaCluster::Log(int node) const {
  std::ifstream file(At(node).log);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void KafkaCluster::Kill(int node) {
  At(node).process.reset();
  At(node).paused = false;
}

void KafkaCluster::Stop(int node) {
  Continue(node);
  if (At(node).process && At(node).process->Signal(SIGTERM)) At(node).process->Wait(seconds(15));
  Kill(node);
}

void KafkaCluster::StopAll() {
  for (int i = 0; i < nodes(); ++i) {
    Continue(i);
    if (At(i).process) At(i).process->Signal(SIGTERM);
  }
  for (int i = 0; i < nodes(); ++i) {
    if (At(i).process) At(i).process->Wait(seconds(5));
    Kill(i);
  }
}

void KafkaCluster::Pause(int node) {
  BONGSU_CHECK(At(node).process != nullptr && At(node).process->Signal(SIGSTOP));
  At(node).paused = true;
}

void KafkaCluster::Continue(int node) {
  if (!At(node).paused) return;
  At(node).process->Signal(SIGCONT);
  At(node).paused = false;
}

Status KafkaCluster::Restart(int node) {
  BONGSU_CHECK(At(node).process == nullptr);
  Boot(node);
  return AwaitReady(node);
}

Status KafkaCluster::RestartAll() {
  std::vector<int> started;
  for (int i = 0; i < nodes(); ++i) {
    if (At(i).process) continue;
    Boot(i);
    started.push_back(i);
  }
  for (const int i : started) BONGSU_RETURN_IF_ERROR(AwaitReady(i));
  return Status::Ok();
}

}  // namespace bongsu
