#include "engine/loadtest/verdict.h"

#include <catch2/catch.hpp>

namespace bongsu::loadtest {
namespace {

WorkerShare Worker(const std::string& name, double process, double commit, double store) {
  WorkerShare worker;
  worker.name = name;
  worker.process = process;
  worker.commit = commit;
  worker.store = store;
  worker.idle = 1 - worker.busy();
  return worker;
}

// A target that was missed by one thread that does nothing but process, with room to spare.
Measurements Missed() {
  Measurements m;
  m.target = 10'000;
  m.achieved = m.scored = 7'000;
  m.event_seconds = 0.000'133;
  m.goal_ms = 1000;
  m.p99_ms = 5000;
  m.ack_ms = 3;
  m.commit_ms = 8;
  m.workers = {Worker("ingest-0", 0.2, 0.2, 0), Worker("score-0", 0.93, 0.03, 0.02)};
  m.arrivals = {2500, 2500, 2500, 2500};
  m.cores = 8;
  m.engine_cores = 1.4;
  m.machine_busy = 0.3;
  return m;
}

Bottleneck Of(const Measurements& m) {
  return Judge(m).bottleneck;
}

}  // namespace

TEST_CASE("a limit that forbids to go on is named, with the setting of who keeps it") {
  Measurements m = Missed();
  m.workers[1] = Worker("score-0", 0.3, 0.1, 0);
  m.workers[1].throttle = 0.6;
  CHECK(Of(m) == Bottleneck::kLimit);
  CHECK(Judge(m).advice.at(0).find("limits.events_per_second") != std::string::npos);
  m.workers[1].throttle = 0;
  m.workers[0].throttle = 0.5;
  CHECK(Judge(m).advice.at(0).find("sources[].events_per_second") != std::string::npos);
}

TEST_CASE("a goal that was met has no bottleneck") {
  Measurements m = Missed();
  m.met = true;
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kNone);
  CHECK(verdict.evidence.empty());
  CHECK(verdict.advice.empty());
}

TEST_CASE("a load test that is late itself comes before all else") {
  Measurements m = Missed();
  m.loader_limited = true;
  m.met = true;
  CHECK(Of(m) == Bottleneck::kLoader);
}

TEST_CASE("waiting for commits is the broker's, and so is pushing back") {
  Measurements m = Missed();
  m.workers[1] = Worker("score-0", 0.1, 0.8, 0.05);
  CHECK(Of(m) == Bottleneck::kBroker);
  m = Missed();
  m.pushed_back = true;
  CHECK(Of(m) == Bottleneck::kBroker);
}

TEST_CASE("with idle workers a slow answer of the broker is what is left") {
  Measurements m = Missed();
  m.workers = {Worker("score-0", 0.1, 0.3, 0.05)};
  m.ack_ms = 300;
  CHECK(Of(m) == Bottleneck::kBroker);
  m.ack_ms = 3;
  CHECK(Of(m) == Bottleneck::kUnknown);
  m.machine_busy = 0.97;
  CHECK(Of(m) == Bottleneck::kCpu);
  CHECK(Judge(m).advice[0].find("cores of its own") != std::string::npos);
}

TEST_CASE("commits that take most of the goal are the disk's when they wait for it") {
  Measurements m = Missed();
  m.goal_ms = 200;
  m.commit_ms = 60;
  m.workers = {Worker("score-0", 0.02, 0.03, 0.45)};
  CHECK(Of(m) == Bottleneck::kDisk);
  m.workers = {Worker("score-0", 0.02, 0.45, 0.03)};
  CHECK(Of(m) == Bottleneck::kBroker);
}

TEST_CASE("writing state is the disk's") {
  Measurements m = Missed();
  m.workers[1] = Worker("score-0", 0.2, 0.15, 0.6);
  m.disk_busy = 0.98;
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kDisk);
  REQUIRE(verdict.advice.size() == 1);
  CHECK(verdict.advice[0].find("data_dir") != std::string::npos);
}

TEST_CASE("bug: a disk that held up a worker seldom but for long was not named") {
  Measurements m = Missed();  // Once in four seconds, for a second and a half.
  m.goal_ms = 200;
  m.p99_ms = 1581;
  m.commit_ms = 23;
  m.workers = {Worker("ingest-0", 0.03, 0.45, 0), Worker("score-0", 0.03, 0.13, 0.38)};
  CHECK(Of(m) == Bottleneck::kDisk);
  m.workers[0] = Worker("ingest-0", 0.03, 0.72, 0);
  CHECK(Of(m) == Bottleneck::kDisk);
  CHECK(Judge(m).evidence.at(0).find("score-0") != std::string::npos);
  m.workers[0] = Worker("ingest-0", 0.95, 0.1, 0);
  CHECK(Of(m) == Bottleneck::kCpu);
  m.workers[0] = Worker("ingest-0", 0.03, 0.45, 0);
  m.workers[1] = Worker("score-0", 0.45, 0.1, 0.38);
  CHECK(Of(m) == Bottleneck::kUnknown);
  m.workers[1] = Worker("score-0", 0.03, 0.13, 0.3);
  CHECK(Of(m) == Bottleneck::kUnknown);
}

TEST_CASE("one full thread where cores and partitions are left is too few threads") {
  const Verdict verdict = Judge(Missed());
  CHECK(verdict.bottleneck == Bottleneck::kThreads);
  REQUIRE(verdict.advice.size() == 1);
  // 10,000 events/s at 133 µs, with room for queues.
  CHECK(verdict.advice[0].find("--threads 2") != std::string::npos);
}

TEST_CASE(
    "when all threads that could score are full it is the processor, or what each event costs") {
  Measurements m = Missed();
  m.cores = 2;
  m.workers = {Worker("score-0", 0.95, 0.02, 0.02), Worker("score-1", 0.94, 0.02, 0.02)};
  m.target = 200'000;
  m.event_seconds = 0.000'016;
  m.machine_busy = 0.99;
  CHECK(Of(m) == Bottleneck::kCpu);
  m.event_seconds = 0.000'470;
  m.target = 8'000;
  m.stages = {{"decode", 8}, {"profile", 400}, {"detect", 30}};
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kFeatures);
  REQUIRE(verdict.advice.size() == 1);
  CHECK(verdict.advice[0].find("`features:`") != std::string::npos);
  m.stages = {{"profile", 30}, {"detect", 400}};
  CHECK(Judge(m).advice[0].find("`detect:`") != std::string::npos);
}

TEST_CASE("a partition with more than a thread can do is hot, whatever the others do") {
  Measurements m = Missed();
  m.workers.push_back(Worker("score-1", 0.05, 0.02, 0.01));
  m.arrivals = {200, 9400, 200, 200};
  m.hot_share = 0.93;
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kHotPartition);
  CHECK(verdict.evidence.back().find("core") != std::string::npos);
  CHECK(verdict.evidence[2].find("partition 1 gets 94 %") != std::string::npos);
  // What is left would be too much for all other cores as well: then it is not this partition.
  m.arrivals = {1500, 5500, 1500, 1500};
  m.cores = 2;
  m.target = 30'000;
  CHECK(Of(m) == Bottleneck::kFeatures);
  // The same share, easily done by one thread: something else holds up.
  m.target = 1000;
  CHECK(Of(m) != Bottleneck::kHotPartition);
}

TEST_CASE("a partition that all but fills a thread is hot, and not the features") {
  Measurements m = Missed();
  m.workers = {Worker("score-0", 0.04, 0.05, 0), Worker("score-1", 0.87, 0.05, 0.01)};
  m.cores = 2;
  m.target = 9000;
  m.event_seconds = 94e-6;
  m.arrivals = {77, 65, 62, 8613};
  CHECK(Of(m) == Bottleneck::kHotPartition);
}

TEST_CASE("a full ingest thread asks for more processes that ingest") {
  Measurements m = Missed();
  m.workers = {Worker("ingest-0", 0.96, 0.02, 0), Worker("score-0", 0.4, 0.1, 0.1)};
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kCpu);
  CHECK(verdict.advice[0].find("--roles ingest") != std::string::npos);
  // Where events wait for scoring, it is scoring that holds up.
  m.workers[1] = Worker("score-0", 0.9, 0.02, 0.02);
  m.lag = {0, 0, 5000, 0};
  CHECK(Of(m) == Bottleneck::kThreads);
}

TEST_CASE("without the engine's figures the verdict says what to add") {
  Measurements m = Missed();
  m.workers.clear();
  const Verdict verdict = Judge(m);
  CHECK(verdict.bottleneck == Bottleneck::kUnknown);
  CHECK(verdict.advice[0].find("--metrics") != std::string::npos);
}

TEST_CASE("the verdict speaks Korean, with the same settings") {
  const Verdict verdict = Judge(Missed(), Language::kKorean);
  CHECK(verdict.bottleneck == Bottleneck::kThreads);
  CHECK(verdict.advice[0].find("스레드") != std::string::npos);
  CHECK(verdict.advice[0].find("--threads 2") != std::string::npos);
}

}  // namespace bongsu::loadtest
