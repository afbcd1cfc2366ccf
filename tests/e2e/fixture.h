// What the end-to-end tests share: one real broker for the program, a working folder and topic
// prefix of its own for each case, configurations, and `bongsu` itself as child processes.
// Everything is seen from outside: topics read by an independent read_committed consumer, exit
// codes, output, HTTP.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/kafka_broker.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu::e2e {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr milliseconds kPatience = seconds(60);
inline constexpr int kPartitions = 4;
inline constexpr int32_t kByKey = -1;  // The partition of a record that its key chooses.
// A threshold low enough for hundreds of alerts.
inline constexpr const char* kManyAlerts = "decide: {threshold: 30, cooldown: 10m}\n";

// What a case's configuration says beyond the shipped behaviour. `more` is YAML for the top level.
struct Setup {
  std::string name = "engine";  // Of the data directory and the files of this process.
  std::string prefix;
  std::string group;    // Empty: the prefix.
  std::string input;    // score.input; empty: the prefix's own events.
  std::string brokers;  // kafka.brokers; empty: the broker's.
  std::string kafka;    // More of the map under `kafka`, from a comma on.
  std::string commit;   // The map under `commit`.
  std::string sources;  // Empty: canonical events from <prefix>.source.
  std::string shipped;  // A whole configuration that brings its own sources, instead of the above.
  std::string more;
  int partitions = kPartitions;
};

// Topic -> the values of each partition, in order.
using Values = std::vector<std::vector<std::string>>;

class Bench {
 public:
  // A case of its own: `name` is the prefix of its topics.
  Bench(KafkaBroker* broker, std::string name);

  KafkaBroker& broker() { return *broker_; }
  const std::string& prefix() const { return prefix_; }
  std::string Topic(const std::string& name) const { return prefix_ + "." + name; }
  std::string File(const std::string& name) const { return dir_.File(name); }
  std::string DataDir(const std::string& name) const { return dir_.File(name + "-data"); }

  // Writes the configuration; its path.
  std::string Configure(const Setup& setup);
  Setup NewSetup(const std::string& name) const;
  // `bongsu run` with this setup and these roles.
  std::unique_ptr<Program> Run(const Setup& setup, const std::string& roles);
  // `bongsu WORDS -c …` to its end.
  ProgramResult Do(std::vector<std::string> words, const Setup& setup);
  void CreateTopics(const Setup& setup);

  // By partition and offset, committed ones only.
  std::vector<TestRecord> Read(const std::string& topic);
  Values Alerts(const std::string& prefix);
  // Waits until the group has committed the last record of every partition of `topic`: lag 0. Looks
  // again at the topic each time, since it may still grow.
  void AwaitLagZero(const std::string& group, const std::string& topic);
  // How many records the group has passed so far.
  int64_t Passed(const std::string& group, const std::string& topic);

 private:
  std::string LastLogs() const;
  KafkaBroker* broker_;
  const std::string prefix_;
  TempDir dir_;
};

// Waits for the program to say on which port its listener is.
uint16_t OpsPort(Program& program);
// Of its /metrics.
double Metric(uint16_t port, const std::string& name);

// Ends it with SIGTERM and expects the orderly way.
void EndInOrder(Program& program);

// A generated bank's events, ~100,000 of them: written once for the program, by `bongsu demo`.
const std::vector<std::pair<std::string, std::string>>& GeneratedEvents();

// The generated events on four partitions of "stream.source", and in "stream.events" as `ingest`
// wrote them, with the alerts that a replay of that topic gives: the order that all cases which
// score it share, and the truth for them. Made once for the program.
struct Stream {
  std::string events = "stream.events";
  Values alerts;
  int64_t dead_letters = 0;
};
const Stream& FilledStream(KafkaBroker* broker);
// Reads the alerts of `replay --alerts`, whose lines come partition by partition, as the topic's
// values: the partition of each is that of its person.
Values ReadReplayedAlerts(const std::string& path);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);
std::vector<std::string> Lines(const std::string& text);

}  // namespace bongsu::e2e
