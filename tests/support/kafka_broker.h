// A real Kafka broker (one KRaft node, version in tests/support/kafka/pom.xml) for tests, on free
// loopback ports, with its data in a temporary folder; it ends with the test program. The jars are
// fetched once into $BONGSU_TEST_CACHE, or into kafka-libs of the build folder.
//
//   KafkaBroker* broker = KafkaBroker::Shared();   // One for the whole test program.
//   if (broker == nullptr) return;                 // No Java or Maven here: reported by Shared().
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

struct TestRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

class KafkaBroker final {
 public:
  static Result<std::unique_ptr<KafkaBroker>> Start();
  // Started at the first call. Null where Java or Maven is missing: says what to install as a
  // Catch2 warning, or as a failure where the environment variable CI is "true".
  static KafkaBroker* Shared();
  ~KafkaBroker();

  const std::string& bootstrap() const { return bootstrap_; }
  pid_t pid() const { return pid_; }

  Status CreateTopic(const std::string& name, int partitions,
                     const std::map<std::string, std::string>& config = {});
  // Everything committed up to now, by partition and offset; an independent read_committed
  // consumer.
  Result<std::vector<TestRecord>> ReadCommitted(const std::string& topic);
  // Without `partition`, by the hash of the key. Returns when the broker has it.
  Status Produce(const std::string& topic, std::optional<int> partition, std::string_view key,
                 std::string_view value);
  Status Produce(const std::string& topic, const std::vector<TestRecord>& records);
  // Where `group` stands in each partition of `topic`; -1 where it has no position. Does not wait
  // for open transactions.
  Result<std::vector<int64_t>> Positions(const std::string& group, const std::string& topic);
  // Moves the start of a partition's log, as retention does.
  Status DeleteRecordsBefore(const std::string& topic, int partition, int64_t offset);
  void Stop();
  // After Stop: the same broker with the same data, at the same address.
  Status Restart();

 private:
  KafkaBroker() = default;
  Status Launch(const std::string& libs);
  Status Boot();
  std::string folder_, bootstrap_, cluster_id_;
  std::vector<std::string> java_;  // With the jars, without the class to run.
  pid_t pid_ = -1;
};

}  // namespace bongsu
