// Every workload with a tiny size: that it runs, prints what it promises and counts what was put
// in. No time is judged.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
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

Ended RunDriver(const std::string& arguments) {
  Ended ended;
  FILE* const pipe = popen(StrCat(BONGSU_BENCH_PROGRAM, " ", arguments).c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    ended.out.append(buffer.data(), got);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
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

TEST_CASE("the workloads with a broker score every event and time alerts") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const std::string brokers = StrCat(" --brokers=", broker->bootstrap());
  const Ended full =
      RunDriver(StrCat("--workloads=kafka --events=3000 --partitions=2 --threads=2", brokers));
  REQUIRE(full.code == 0);
  CHECK(FiguresOf(full.out).at("events") == 3000);
  const Ended steady = RunDriver(StrCat(
      "--workloads=kafka_latency --rate=1000 --seconds=2 --warm-seconds=1 --people=50", brokers));
  REQUIRE(steady.code == 0);
  const auto figures = FiguresOf(steady.out);
  CHECK(figures.at("events") == 3000);
  CHECK(figures.at("timed") > 0);
  CHECK(figures.at("p50_ms") <= figures.at("p99_ms"));
}

TEST_CASE("a workload that does not exist is named") {
  CHECK(RunDriver("--workloads=in_proces 2>&1").code == 2);
}
