// The settings in deploy/readers, as they are, on a topic that holds aborted alerts too: no reader
// shows those, and folding leaves one finding for each uid.
#include <algorithm>
#include <map>
#include <set>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu::e2e {
namespace {

constexpr const char* kReaders = BONGSU_SOURCE_DIR "/deploy/readers/";
constexpr const char* kAborted = R"({"finding_info":{"uid":"aborted"}})";

std::string Uid(const std::string& alert) {
  const std::string before = "\"finding_info\":{\"uid\":\"";
  const size_t at = alert.find(before);
  REQUIRE(at != std::string::npos);
  const size_t begin = at + before.size();
  return alert.substr(begin, alert.find('"', begin) - begin);
}

// A topic of alerts, creations and updates, with an aborted transaction before, among and after
// them.
struct AlertsTopic {
  std::string name = "readers.alerts";
  std::vector<std::string> alerts;            // Sorted.
  std::map<std::string, std::string> latest;  // By uid.
};

std::vector<TestRecord> OnEachPartition(const std::string& value) {
  std::vector<TestRecord> records;
  for (int partition = 0; partition < kPartitions; ++partition) {
    records.push_back({partition, 0, "x", value, {}});
  }
  return records;
}

const AlertsTopic& FilledTopic(KafkaBroker* broker) {
  static const AlertsTopic topic = [broker] {
    AlertsTopic made;
    REQUIRE(broker->CreateTopic(made.name, kPartitions).ok());
    std::vector<TestRecord> records[2];  // Two halves.
    int partition = 0;
    for (const std::vector<std::string>& alerts : FilledStream(broker).alerts) {
      for (size_t i = 0; i < alerts.size(); ++i) {
        records[i < alerts.size() / 2 ? 0 : 1].push_back({partition, 0, "x", alerts[i], {}});
        made.alerts.push_back(alerts[i]);
        made.latest[Uid(alerts[i])] = alerts[i];
      }
      ++partition;
    }
    std::sort(made.alerts.begin(), made.alerts.end());
    for (const std::vector<TestRecord>& half : records) {
      REQUIRE(broker->ProduceAborted(made.name, OnEachPartition(kAborted)).ok());
      REQUIRE(broker->Produce(made.name, half).ok());
    }
    REQUIRE(broker->ProduceAborted(made.name, OnEachPartition(kAborted)).ok());
    REQUIRE(made.latest.size() < made.alerts.size());  // Some are updates.
    return made;
  }();
  return topic;
}

// The text of a shipped file of settings with other values for keys that it has.
std::string Settings(const std::string& name, const std::map<std::string, std::string>& values) {
  std::string text;
  size_t replaced = 0;
  for (const std::string& line : Lines(ReadFile(kReaders + name))) {
    const auto value = values.find(line.substr(0, line.find('=')));
    if (value == values.end()) {
      text += line + "\n";
      continue;
    }
    text += StrCat(value->first, "=", value->second, "\n");
    ++replaced;
  }
  REQUIRE(replaced == values.size());
  return text;
}

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> ReadWithKcat(Bench& bench, const std::string& kcat,
                                      const std::string& settings) {
  WriteFile(bench.File("kcat.conf"), settings);
  const std::string out = bench.File("kcat.out");
  WriteFile(out, "");
  const ProgramResult read = RunProgram({{kcat, "-q", "-F", bench.File("kcat.conf"), "-C", "-e",
                                          "-t", "readers.alerts", "-o", "beginning", "-f", "%s\n"},
                                         out,
                                         {},
                                         false,
                                         {}});
  INFO(read.output);
  REQUIRE(read.exit_code == 0);
  return Sorted(Lines(read.output));
}

}  // namespace

TEST_CASE("kcat with the shipped settings shows what was committed") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Result<std::string> kcat = FindProgram("kcat", "kcat");
  if (!KafkaBroker::Usable(kcat.status())) return;
  const AlertsTopic& topic = FilledTopic(broker);
  Bench bench(broker, "readers");
  std::string settings = Settings("kcat.conf", {{"bootstrap.servers", broker->bootstrap()}});
  CHECK((ReadWithKcat(bench, *kcat, settings) == topic.alerts));
  // Indeed by those settings: there is more in the topic.
  settings.replace(settings.find("read_committed"), 14, "read_uncommitted");
  CHECK(ReadWithKcat(bench, *kcat, settings).size() == topic.alerts.size() + 3 * kPartitions);
}

TEST_CASE("the Java reader shows every finding once, as it stands now") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Result<std::vector<std::string>> java = ToolsJava();
  if (!KafkaBroker::Usable(java.status())) return;
  const AlertsTopic& topic = FilledTopic(broker);
  Bench bench(broker, "readers");
  WriteFile(bench.File("reader.properties"),
            Settings("reader.properties", {{"bootstrap.servers", broker->bootstrap()}}));
  std::vector<std::string> words = *java;
  words.insert(words.end(), {std::string(kReaders) + "AlertReader.java",
                             bench.File("reader.properties"), topic.name});
  const ProgramResult read = RunProgram({std::move(words), bench.File("java.out"), {}, false, {}});
  INFO(read.output.substr(0, 2000));
  REQUIRE(read.exit_code == 0);
  std::vector<std::string> latest;
  for (const auto& [uid, alert] : topic.latest) latest.push_back(alert);
  CHECK((Sorted(Lines(read.output)) == Sorted(std::move(latest))));
}

TEST_CASE("Kafka Connect with the shipped settings writes what was committed to a file") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Result<std::vector<std::string>> java = ToolsJava();
  if (!KafkaBroker::Usable(java.status())) return;
  const AlertsTopic& topic = FilledTopic(broker);
  Bench bench(broker, "readers");
  const std::string worker = bench.File("worker.properties"), sink = bench.File("sink.properties");
  WriteFile(worker, Settings("connect-worker.properties",
                             {{"bootstrap.servers", broker->bootstrap()},
                              {"listeners", "http://127.0.0.1:0"},
                              {"offset.storage.file.filename", bench.File("connect.offsets")}}));
  WriteFile(sink, Settings("connect-file-sink.properties",
                           {{"topics", topic.name}, {"file", bench.File("sink.jsonl")}}));
  std::vector<std::string> words = *java;
  words.insert(words.end(), {"org.apache.kafka.connect.cli.ConnectStandalone", worker, sink});
  Program connect({std::move(words), bench.File("connect.log"), {}, false, {}});
  std::vector<std::string> lines;
  // The aborted ones lie before the last committed one: whoever shows them has shown them by then.
  const bool all = Eventually(kPatience, [&] {
    lines = Lines(ReadFile(bench.File("sink.jsonl")));
    return lines.size() >= topic.alerts.size() || !connect.Running();
  });
  INFO(connect.Output());
  REQUIRE(all);
  CHECK((Sorted(std::move(lines)) == topic.alerts));
}

}  // namespace bongsu::e2e
