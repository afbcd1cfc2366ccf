#include "tests/e2e/fixture.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tests/support/http_get.h"

namespace bongsu::e2e {
namespace {

// The text between `before` and the next quotation mark.
std::string Quoted(const std::string& text, const std::string& before) {
  const size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const size_t begin = at + before.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  REQUIRE((file << bytes << std::flush).good());
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Bench::Bench(KafkaBroker* broker, std::string name) : broker_(broker), prefix_(std::move(name)) {
  // The shipped detectors only learn for a month, and the tests have a fortnight.
  ::setenv("BONGSU_LEARNING", "0s", 1);
}

Setup Bench::NewSetup(const std::string& name) const {
  Setup setup;
  setup.name = name;
  setup.prefix = prefix_;
  return setup;
}

std::string Bench::Configure(const Setup& setup) {
  const std::string behaviour = std::string(BONGSU_SOURCE_DIR) + "/deploy/config/behaviour.yaml";
  std::string yaml =
      StrCat("include: [\"", setup.shipped.empty() ? behaviour : setup.shipped, "\"]\n");
  yaml += StrCat("data_dir: ", DataDir(setup.name), "\n");
  yaml += StrCat("http: {ops: {listen: \"127.0.0.1:0\"}}\n");
  if (broker_ != nullptr) {
    const std::string& brokers = setup.brokers.empty() ? broker_->bootstrap() : setup.brokers;
    yaml += StrCat("kafka: {brokers: \"", brokers, "\", prefix: ", setup.prefix,
                   ", group: ", setup.group.empty() ? setup.prefix : setup.group,
                   ", partitions: ", setup.partitions, setup.kafka, "}\n");
    // One tick, then none: what is read must not depend on how long the test takes.
    yaml += "ingest: {tick_interval: 1h}\n";
    yaml += StrCat("score: {input: ", setup.input.empty() ? setup.prefix + ".events" : setup.input,
                   "}\n");
  }
  if (!setup.sources.empty()) {
    yaml += setup.sources + "\n";
  } else if (setup.shipped.empty()) {
    yaml += StrCat("sources: [{name: access, topic: ", setup.prefix, ".source}]\n");
  }
  if (!setup.commit.empty()) yaml += StrCat("commit: ", setup.commit, "\n");
  yaml += setup.more;
  const std::string path = File(setup.name + ".yaml");
  WriteFile(path, yaml);
  return path;
}

// The end of what every process of this case has said.
std::string Bench::LastLogs() const {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    if (entry.path().extension() != ".log") continue;
    const std::string text = ReadFile(entry.path().string());
    all += entry.path().filename().string() + ":\n" +
           text.substr(text.size() - std::min<size_t>(text.size(), 3000));
  }
  return all;
}

std::unique_ptr<Program> Bench::Run(const Setup& setup, const std::string& roles) {
  const std::string config = Configure(setup);
  return std::make_unique<Program>(
      ProgramOptions{{BONGSU_PROGRAM, "run", "-c", config, "--roles", roles},
                     File(setup.name + "." + roles + ".log"),
                     {},
                     false,
                     {}});
}

ProgramResult Bench::Do(std::vector<std::string> words, const Setup& setup) {
  static int runs = 0;
  words.insert(words.begin(), BONGSU_PROGRAM);
  words.insert(words.end(), {"-c", Configure(setup)});
  return RunProgram({std::move(words), File(StrCat("run-", ++runs, ".log")), {}, false, {}});
}

void Bench::CreateTopics(const Setup& setup) {
  const ProgramResult result = Do({"topics", "create"}, setup);
  INFO(result.output);
  REQUIRE(result.exit_code == 0);
}

std::vector<TestRecord> Bench::Read(const std::string& topic) {
  Result<std::vector<TestRecord>> records = broker_->ReadCommitted(topic);
  INFO(records.status().message());
  REQUIRE(records.ok());
  return std::move(*records);
}

Values Bench::Alerts(const std::string& prefix) {
  Values values(kPartitions);
  for (TestRecord& record : Read(prefix + ".alerts")) {
    REQUIRE(record.value.has_value());
    values.at(static_cast<size_t>(record.partition)).push_back(std::move(*record.value));
  }
  return values;
}

int64_t Bench::Passed(const std::string& group, const std::string& topic) {
  const Result<std::vector<int64_t>> positions = broker_->Positions(group, topic);
  INFO(positions.status().message());
  REQUIRE(positions.ok());
  return std::accumulate(positions->begin(), positions->end(), int64_t{0},
                         [](int64_t sum, int64_t p) { return sum + std::max<int64_t>(p, 0); });
}

void Bench::AwaitLagZero(const std::string& group, const std::string& topic) {
  REQUIRE(Eventually(kPatience, [&] { return broker_->Settled(topic).value(); }));
  std::vector<int64_t> positions;
  std::map<size_t, int64_t> last;
  const auto at_end = [&] {
    const Result<std::vector<int64_t>> now = broker_->Positions(group, topic);
    if (!now.ok()) return false;  // A broker that has just started does not know yet.
    positions = *now;
    for (const auto& [partition, offset] : last) {
      if (positions.at(partition) < offset + 1) return false;
    }
    return true;
  };
  for (int64_t read = -1; read < 0 || !at_end();) {
    const std::vector<TestRecord> records = Read(topic);
    if (static_cast<int64_t>(records.size()) == read) {
      const bool arrived = Eventually(kPatience, at_end);
      INFO(StrCat(group, " does not come to the end of ", topic, "\n", LastLogs()));
      REQUIRE(arrived);
    }
    for (const TestRecord& r : records) last[static_cast<size_t>(r.partition)] = r.offset;
    read = static_cast<int64_t>(records.size());
  }
}

uint16_t OpsPort(Program& program) {
  const std::string words = "metrics and health on port ";
  std::string output;
  REQUIRE(Eventually(seconds(30), [&] {
    output = program.Output();
    return output.rfind(words) != std::string::npos || !program.Running();
  }));
  INFO(output);
  const size_t at = output.rfind(words);
  REQUIRE(at != std::string::npos);
  return static_cast<uint16_t>(std::stoi(output.substr(at + words.size())));
}

double Metric(uint16_t port, const std::string& name) {
  return MetricIn(HttpGet(port, "/metrics").body, name);
}

void EndInOrder(Program& program) {
  REQUIRE(program.Signal(SIGTERM));
  const std::optional<int> code = program.Wait(seconds(30));
  INFO(program.Output());
  REQUIRE(code.has_value());
  CHECK(*code == 0);
}

const std::vector<std::pair<std::string, std::string>>& GeneratedEvents() {
  static const auto events = [] {
    const TempDir dir;
    const ProgramResult demo =
        RunProgram({{BONGSU_PROGRAM, "demo", "-c", BONGSU_SOURCE_DIR "/deploy/config/bongsu.yaml",
                     "--people", "380", "--days", "14", "--out", dir.path(), "--json"},
                    dir.File("demo.log"),
                    {},
                    false,
                    {}});
    INFO(demo.output);
    REQUIRE(demo.exit_code == 0);
    std::vector<std::pair<std::string, std::string>> lines;
    for (std::string& line : Lines(ReadFile(dir.File("events.jsonl")))) {
      std::string user = Quoted(line, "\"user_id\":\"");
      lines.emplace_back(std::move(user), std::move(line));
    }
    return lines;
  }();
  return events;
}

Values ReadReplayedAlerts(const std::string& path) {
  Values values(kPartitions);
  for (std::string& line : Lines(ReadFile(path))) {
    const size_t user = line.find("\"actor\":{\"user\":");
    REQUIRE(user != std::string::npos);
    const std::string uid = Quoted(line.substr(user), "\"uid\":\"");
    values.at(static_cast<size_t>(PartitionOf(uid, kPartitions))).push_back(std::move(line));
  }
  return values;
}

const Stream& FilledStream(KafkaBroker* broker) {
  static const Stream stream = [broker] {
    Bench bench(broker, "stream");
    Setup setup = bench.NewSetup("fill");
    setup.more = kManyAlerts;
    bench.CreateTopics(setup);
    REQUIRE(broker->CreateTopic("stream.source", kPartitions).ok());
    std::vector<TestRecord> records;
    for (const auto& [user, line] : GeneratedEvents()) {
      records.push_back({kByKey, 0, user, line, {}});
    }
    REQUIRE(broker->Produce("stream.source", records).ok());
    const auto ingest = bench.Run(setup, "ingest");
    bench.AwaitLagZero("stream.ingest", "stream.source");
    EndInOrder(*ingest);
    const ProgramResult replay =
        bench.Do({"replay", "--from-topic", "--alerts", bench.File("alerts.jsonl")}, setup);
    INFO(replay.output);
    REQUIRE(replay.exit_code == 0);
    Stream filled;
    filled.alerts = ReadReplayedAlerts(bench.File("alerts.jsonl"));
    filled.dead_letters = static_cast<int64_t>(bench.Read("stream.dead-letters").size());
    return filled;
  }();
  return stream;
}

}  // namespace bongsu::e2e
