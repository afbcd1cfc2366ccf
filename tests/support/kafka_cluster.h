// A real Kafka cluster for tests: one or three KRaft nodes (each broker and controller) on free
// loopback ports, every node a process with its own folder, gone with the object or the test
// program. Three nodes are set up as a bank does: internal topics and default topics on all three,
// min.insync.replicas 2. Nodes can be killed, stopped, frozen and started again at the same
// address. The jars are fetched once into $BONGSU_TEST_CACHE, or into the build folder.
//
//   auto cluster = KafkaCluster::Start({.nodes = 3});
//   (*cluster)->Kill(0);
//   (*cluster)->Restart(0);
//
// One thread, the one that will live longest: the system ends a node with the thread that started
// it. What to do with a cluster (topics, records, positions) is in kafka_broker.h.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "tests/support/kafka_cluster_certificates.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu {

struct KafkaClusterOptions {
  int nodes = 1;                  // 1 or 3.
  std::string version = "4.1.1";  // Or 3.9.1.
  // Node -> the port that clients are told instead of its own, where a proxy of the test stands
  // that forwards to client_port().
  std::map<int, int> advertised = {};
  std::map<std::string, std::string> settings = {};  // server.properties, over the usual ones.
  // As in a bank: clients come over SASL_SSL with SCRAM-SHA-512, or at another address with a
  // certificate, and may do what an access rule allows, nothing else. The test itself may do all.
  bool secure = false;
  std::map<std::string, std::string> users = {};  // Name -> password, of SCRAM.
};

class KafkaCluster final {
 public:
  static Result<std::unique_ptr<KafkaCluster>> Start(KafkaClusterOptions options = {});
  ~KafkaCluster();
  KafkaCluster(const KafkaCluster&) = delete;
  KafkaCluster& operator=(const KafkaCluster&) = delete;

  int nodes() const { return static_cast<int>(nodes_.size()); }
  // For the program under test: the advertised addresses of all nodes.
  const std::string& bootstrap() const { return bootstrap_; }
  // For programs that come with a certificate to a secure cluster.
  const std::string& tls_bootstrap() const { return tls_bootstrap_; }
  TestCertificates& certificates() { return *certificates_; }  // Of a secure cluster.
  // For the test itself: another listener, plain and never through a proxy.
  const std::string& direct() const { return direct_; }
  int client_port(int node) const { return At(node).client; }
  // Of a node that runs or is paused.
  pid_t pid(int node) const;
  std::string Log(int node) const;

  void Kill(int node);      // As power loss of its machine: SIGKILL.
  void Stop(int node);      // In order: it hands over its partitions first.
  void Pause(int node);     // Frozen, its connections stay open.
  void Continue(int node);  // From Pause.
  // After Kill or Stop: the same data at the same address. Returns when it is part of the cluster
  // again; after a Kill that takes until the controllers forget the old one (6 s).
  Status Restart(int node);
  void StopAll();
  // Starts all that do not run, at once: two of three are needed for any to come up.
  Status RestartAll();

 private:
  struct Node {
    int client = 0, tls = 0, internal = 0, controller = 0;  // Ports.
    std::string folder, log;
    std::unique_ptr<Program> process;
    bool paused = false;
  };
  explicit KafkaCluster(KafkaClusterOptions options);
  Node& At(int node) { return nodes_.at(static_cast<size_t>(node)); }
  const Node& At(int node) const { return nodes_.at(static_cast<size_t>(node)); }
  Status Launch();
  void PlaceNodes();
  Status Certify();
  Status Format();
  using Properties = std::map<std::string, std::string>;
  Properties PropertiesOf(int node) const;
  Properties Listeners(int node) const;
  Properties Security() const;
  void Boot(int node);
  Status AwaitReady(int node);

  const KafkaClusterOptions options_;
  TempDir dir_;
  std::string id_, bootstrap_, tls_bootstrap_, direct_;
  std::unique_ptr<TestCertificates> certificates_;
  std::vector<std::string> java_;  // With the jars, without the class to run.
  std::vector<Node> nodes_;
};

}  // namespace bongsu
