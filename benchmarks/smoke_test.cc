// Every workload with a tiny size: that it runs, prints what it promises and counts what was put
// in. No time is judged.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "tests/support/kafka_broker.h"

using namespace bongsu;

namespace {

struct Ended {
  int code = -1;
  std::string out;
};

Ended RunProgram(const std::string& command) {
  Ended ended;
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    ended.out.append(buffer.data(), got);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

Ended RunDriver(const std::string& arguments) {
  return RunProgram(StrCat(BONGSU_BENCH_PROGRAM, " ", arguments));
}

Ended RunQuality(const std::string& arguments) {
  return RunProgram(StrCat(BONGSU_QUALITY_PROGRAM, " ", arguments));
}

JsonValue MemberOf(JsonValue object, std::string_view name) {
  INFO(name);
  const std::optional<JsonValue> found = object.Find(name);
  REQUIRE(found.has_value());
  return *found;
}

// The figures of the only line, by name.
std::map<std::string, double> FiguresOf(const std::string& line) {
  JsonReader reader;
  const std::optional<JsonValue> root = reader.Parse(line);
  INFO(line);
  REQUIRE(root.has_value());
  std::map<std::string, double> figures;
  for (const char* head : {"workload", "machine", "compiler", "flags", "seed", "data", "load"}) {
    INFO(head);
    CHECK(root->Find(head).has_value());
  }
  const auto found = root->Find("figures");
  REQUIRE(found.has_value());
  for (const JsonMember& member : found->members())
    figures[std::string(member.key)] = member.value.AsDouble();
  return figures;
}

}  // namespace

TEST_CASE("the workloads without a broker score every event") {
  const std::string workload = GENERATE("in_process", "score_memory", "score_disk");
  const std::string shape = GENERATE("many_people", "hot_person", "cold_state");
  const Ended ended = RunDriver(
      StrCat("--workloads=", workload, " --shape=", shape, " --events=2000 --people=300"));
  REQUIRE(ended.code == 0);
  const auto figures = FiguresOf(ended.out);
  CHECK(figures.at("events") == 2000);
  CHECK(figures.at("events_per_second") > 0);
  CHECK(figures.at("people") > 0);
  CHECK(figures.at("state_bytes_p50") > 0);
  CHECK(figures.at("state_bytes_p50") <= figures.at("state_bytes_p99"));
}

TEST_CASE("without commits all alerts are published and no state is") {
  const auto run = [](int batch) {
    const Ended ended = RunDriver(
        StrCat("--workloads=score_memory --events=20500 --people=300 ", "--batch=", batch));
    REQUIRE(ended.code == 0);
    return FiguresOf(ended.out);
  };
  const auto with = run(1000), without = run(0);
  CHECK(with.at("alerts") > 0);
  CHECK(with.at("alerts") == without.at("alerts"));
  CHECK(with.at("changelog_records") > 0);
  CHECK(without.at("changelog_records") == 0);
  CHECK(without.count("people") == 0);
}

TEST_CASE("the workloads of one difficulty have it") {
  const auto run = [](const std::string& workload) {
    const Ended ended = RunDriver(StrCat("--workloads=", workload, " --events=2000 --people=300"));
    REQUIRE(ended.code == 0);
    return FiguresOf(ended.out);
  };
  CHECK(run("bad_input").at("dead_letters") == 200);
  CHECK(run("many_users").at("disk_bytes_per_person") > 0);
  CHECK(run("cold_cache").at("people") == 300);
  CHECK(run("hot_user").at("changelog_records") < run("score_disk").at("changelog_records"));
}

TEST_CASE("the workloads with a broker score every event and time alerts") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const std::string brokers = StrCat(" --brokers=", broker->bootstrap());
  const Ended full =
      RunDriver(StrCat("--workloads=catch_up --events=3000 --partitions=2 --threads=2", brokers));
  REQUIRE(full.code == 0);
  CHECK(FiguresOf(full.out).at("events") == 3000);
  const Ended steady = RunDriver(
      StrCat("--workloads=steady --rate=1000 --seconds=2 --warm-seconds=1 --people=50", brokers));
  REQUIRE(steady.code == 0);
  const auto figures = FiguresOf(steady.out);
  CHECK(figures.at("events") == 3000);
  CHECK(figures.at("timed") > 0);
  CHECK(figures.at("p50_ms") <= figures.at("p99_ms"));
  const Ended burst = RunDriver(
      StrCat("--workloads=burst --rate=500 --seconds=2 --warm-seconds=1 --people=50", brokers));
  REQUIRE(burst.code == 0);
  CHECK(FiguresOf(burst.out).at("events") == 2400);  // 1,200 and 4 times 300.
}

TEST_CASE("a workload that does not exist is named") {
  CHECK(RunDriver("--workloads=in_proces 2>&1").code == 2);
}

TEST_CASE("the quality of every seed is told, however many run at once") {
  const std::string bank =
      "--seeds 1-2 --people 60 --days 20 --insiders 1 --effects 3,10 --budget 50/day --json";
  const Ended one = RunQuality(bank);
  REQUIRE(one.code == 0);
  JsonReader reader;
  const std::optional<JsonValue> root = reader.Parse(one.out);
  REQUIRE(root.has_value());
  int64_t seed = 0;
  for (const JsonValue run : MemberOf(*root, "runs").items()) {
    CHECK(MemberOf(run, "seed").AsInt() == ++seed);
    CHECK(MemberOf(run, "planted").AsInt() == 6);
    CHECK(MemberOf(run, "kinds_planted").AsInt() == 6);
    CHECK(MemberOf(run, "events").AsInt() > 1000);
  }
  CHECK(seed == 2);
  int64_t planted = 0;
  for (const JsonValue kind : MemberOf(*root, "kinds").items())
    planted += MemberOf(kind, "planted").AsInt();
  CHECK(planted == 12);
  const auto runs_of = [](const std::string& out) {
    const size_t begin = out.find("\"runs\"");
    return out.substr(begin, out.size() - begin);
  };
  CHECK(runs_of(RunQuality(bank + " --jobs 2").out) == runs_of(one.out));
}

TEST_CASE("a seed in words is refused") {
  for (const char* seeds : {"one", "2-1", "1-", "1-2-3"}) {
    INFO(seeds);
    CHECK(RunQuality(StrCat("--seeds ", seeds, " 2>&1")).code == 2);
  }
}

TEST_CASE("insiders are planted in the synthetic logs, and what is not is named") {
  const std::string logs = BONGSU_SOURCE_DIR "/../shared/data/events/synthetic_uba";
  if (!std::filesystem::exists(logs)) {
    WARN("skipped: there is no " << logs);
    REQUIRE(std::getenv("CI") == nullptr);
    return;
  }
  const Ended ended = RunQuality(StrCat("--seeds 1 --insiders 1 --uba ", logs));
  REQUIRE(ended.code == 0);
  CHECK(ended.out.starts_with("60"));  // 60,344 events, and those planted.
  CHECK(ended.out.find("U105") != std::string::npos);
  CHECK(ended.out.find("not planted (1 of 1 seeds): stolen_credentials: ") != std::string::npos);
}
