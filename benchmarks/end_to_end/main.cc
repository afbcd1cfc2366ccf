// bench_end_to_end: runs named workloads and prints one line of JSON for each round of each.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include "benchmarks/end_to_end/workloads.h"
#include "benchmarks/support/machine.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu::benchmarks {
namespace {

struct Workload {
  std::string_view name, what;
  Result<Figures> (*run)(const Options&);
  void (*set)(Options&) = [](Options&) {};
};
constexpr auto kWorkloads = std::to_array<Workload>({
    {"in_process", "file -> alerts through the whole engine, embedded log, RocksDB", InProcess},
    {"score_memory", "canonical events -> alerts, no log, state in memory", ScoreInMemory},
    {"score_disk", "canonical events -> alerts, no log, state in RocksDB", ScoreOnDisk},
    {"many_users", "score_disk, with all --people in state before the clock starts", ScoreOnDisk,
     [](Options& o) { o.everybody = true; }},
    {"hot_user", "score_disk, every second event is one person's", ScoreOnDisk,
     [](Options& o) { o.shape = "hot_person"; }},
    {"cold_cache", "score_disk, nobody comes back before everybody was there", ScoreOnDisk,
     [](Options& o) { o.shape = "cold_state"; }},
    {"bad_input", "score_disk, every tenth event is none", ScoreOnDisk,
     [](Options& o) { o.bad_every = 10; }},
    {"catch_up", "full topic -> bongsu run --roles score -> committed, exactly once", CatchUp},
    {"steady", "steady rate; event due -> alert seen by a read_committed reader", Steady},
    {"burst", "steady, but four times the rate in the middle fifth", Steady,
     [](Options& o) { o.burst = 4; }},
    {"restart", "after stop and kill -9, restore of wiped state, standby takes over", Restart},
    {"memory", "resident memory with all people in state, under load", Memory},
});

const Workload* Find(std::string_view name) {
  const auto it = std::find_if(kWorkloads.begin(), kWorkloads.end(),
                               [&](const Workload& w) { return w.name == name; });
  return it == kWorkloads.end() ? nullptr : &*it;
}

void Print(const Workload& workload, const Options& options, int round, const Figures& figures) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("workload").String(workload.name).Key("round").Int(round);
  WriteMachine(json);
  json.Key("data").String(options.input.empty() ? StrCat("made, ", options.shape) : options.input);
  json.Key("seed").Int(static_cast<int64_t>(options.seed)).Key("people").Int(options.people);
  json.Key("partitions").Int(options.partitions).Key("threads").Int(options.threads);
  json.Key("figures").BeginObject();
  for (const auto& [name, value] : figures) json.Key(name).Double(value);
  json.EndObject().EndObject();
  std::cout << line << std::endl;
}

int Main(int argc, char** argv) {
  CLI::App app("Runs Bongsu from end to end; one line of JSON a round");
  Options options;
  options.config = BONGSU_SOURCE_DIR "/benchmarks/peers.yaml";
  std::vector<std::string> names = {"in_process", "score_memory", "score_disk"};
  int rounds = 1;
  std::string list = "\nWorkloads:\n";
  for (const Workload& w : kWorkloads) list += StrCat("  ", w.name, ": ", w.what, "\n");
  app.footer(
      list +
      "Example:\n  bench_end_to_end --workloads=in_process,catch_up --brokers=127.0.0.1:9092 "
      "--rounds=3");
  app.add_option("--workloads", names, "Which, in this order")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--rounds", rounds, "How often all of them")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("-c,--config", options.config, "Configuration of the engine")
      ->capture_default_str();
  app.add_option("--input", options.input, "JSON lines instead of made events");
  app.add_option("--format", options.format, "Format of the input: canonical or a mapping")
      ->capture_default_str();
  app.add_option("--events", options.events, "At most so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--people", options.people, "Of made events")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--shape", options.shape, "many_people, hot_person or cold_state")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of made events")->capture_default_str();
  app.add_option("--batch", options.batch, "Events a commit of score_*; 0 for no commits")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--brokers", options.brokers, "Of the workloads with a broker");
  app.add_option("--partitions", options.partitions, "Of bongsu.events")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "That score")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Events a second of steady, burst and memory")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of steady, burst and memory, timed")
      ->capture_default_str();
  app.add_option("--warm-seconds", options.warm_seconds, "Before them")->capture_default_str();
  app.add_option("--restarts", options.restarts, "Of each kind, of restart")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threshold", options.threshold, "Of the alerts of steady and burst")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  for (const std::string& name : names) {
    if (Find(name) == nullptr) {
      std::cerr << "--workloads: no workload is called \"" << name << "\"" << list;
      return 2;
    }
  }
  for (int round = 1; round <= rounds; ++round) {
    for (const std::string& name : names) {
      Options its = options;
      Find(name)->set(its);
      const Result<Figures> figures = Find(name)->run(its);
      if (!figures.ok()) {
        std::cerr << name << ": " << figures.status().message() << "\n";
        return 1;
      }
      Print(*Find(name), its, round, *figures);
    }
  }
  return 0;
}

}  // namespace
}  // namespace bongsu::benchmarks

int main(int argc, char** argv) {
  return bongsu::benchmarks::Main(argc, argv);
}
