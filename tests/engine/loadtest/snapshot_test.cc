#include "engine/loadtest/snapshot.h"

#include <catch2/catch.hpp>

namespace bongsu::loadtest {
namespace {

constexpr const char* kMetrics = R"(# HELP bongsu_worker_seconds_total How workers spend their time.
# TYPE bongsu_worker_seconds_total counter
bongsu_worker_seconds_total{worker="score-0",activity="process"} 1.5
bongsu_worker_seconds_total{worker="score-0",activity="idle"} 8
bongsu_worker_seconds_total{worker="ingest-0",activity="commit"} 0.25
bongsu_stage_duration_seconds_bucket{stage="profile",le="+Inf"} 100
bongsu_stage_duration_seconds_sum{stage="profile"} 0.002
bongsu_stage_duration_seconds_count{stage="profile"} 100
bongsu_consumer_lag_events{topic="bank.events",partition="2"} 40
bongsu_consumer_lag_events{topic="bank.source",partition="2"} 999
bongsu_events_scored_total 1000
bongsu_alerts_emitted_total{severity="high",detector="ecod"} 2
bongsu_alerts_emitted_total{severity="low",detector="ecod"} 3
bongsu_commit_duration_seconds_sum 0.5
bongsu_commit_duration_seconds_count 50
process_cpu_seconds_total 12.5
process_resident_memory_bytes 1.5e+08
strange line
)";

}  // namespace

TEST_CASE("what an engine says of itself is read from its metrics") {
  Snapshot snapshot;
  AddMetrics(kMetrics, "", "bank.events", &snapshot);
  CHECK(snapshot.worker_seconds["score-0"]["process"] == 1.5);
  CHECK(snapshot.worker_seconds["ingest-0"]["commit"] == 0.25);
  CHECK(snapshot.stages["profile"] == std::pair(0.002, 100.0));
  CHECK(snapshot.lag == std::map<int, double>{{2, 40}});
  CHECK(snapshot.scored == 1000);
  CHECK(snapshot.alerts == 5);
  CHECK(snapshot.commits == 50);
  CHECK(snapshot.cpu_seconds == 12.5);
  CHECK(snapshot.resident_bytes == 1.5e8);
}

TEST_CASE("several engines add up, and their workers are told apart") {
  Snapshot snapshot;
  AddMetrics(kMetrics, "a:1", "bank.events", &snapshot);
  AddMetrics(kMetrics, "b:1", "bank.events", &snapshot);
  CHECK(snapshot.scored == 2000);
  CHECK(snapshot.worker_seconds.size() == 4);
  CHECK(snapshot.worker_seconds["b:1 score-0"]["process"] == 1.5);
}

TEST_CASE("the machine is read from proc") {
  Snapshot snapshot;
  AddMachine("cpu  100 20 30 400 50 6 4 10 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n", &snapshot);
  CHECK(snapshot.machine_seconds == Approx(6.2));
  CHECK(snapshot.machine_busy_seconds == Approx(1.7));
  AddDisk("   8  0 sda 1 2 3 4 5 6 7 8 9 2500 11\n 8 16 sdb 1 2 3 4 5 6 7 8 9 7000 11\n", 8, 16,
          &snapshot);
  CHECK(snapshot.disk_busy_seconds == Approx(7));
  AddPressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=123000000\nfull avg10=0.00 total=5\n",
              &snapshot);
  CHECK(snapshot.io_stall_seconds == Approx(123));
  Snapshot nothing;
  AddMachine("", &nothing);
  AddDisk("8 0", 8, 0, &nothing);
  AddPressure("nonsense", &nothing);
  CHECK_FALSE(nothing.machine_seconds);
  CHECK_FALSE(nothing.disk_busy_seconds);
  CHECK_FALSE(nothing.io_stall_seconds);
}

TEST_CASE("two snapshots give shares of time, means and rates") {
  Snapshot from, to;
  to.at = 10'000'000;
  // The thread has not told yet what it did in the last second.
  from.worker_seconds["score-0"] = {{"process", 1}, {"idle", 5}};
  to.worker_seconds["score-0"] = {{"process", 9}, {"idle", 6}};
  from.worker_seconds["ingest-0"] = to.worker_seconds["ingest-0"] = {{"process", 3}};
  from.stages["profile"] = {1, 1000};
  to.stages["profile"] = {1.5, 2000};
  from.scored = 100;
  to.scored = 20'100;
  to.cpu_seconds = 15;
  to.commit_seconds = 2;
  to.commits = 100;
  to.lag = {{1, 70}};
  from.machine_seconds = 0;
  from.machine_busy_seconds = 0;
  to.machine_seconds = 40;
  to.machine_busy_seconds = 10;
  Measurements m;
  Compare(from, to, &m);
  REQUIRE(m.workers.size() == 2);
  CHECK(m.workers[0].process == 0);
  CHECK(m.workers[1].process == Approx(8.0 / 9));
  CHECK(m.workers[1].idle == Approx(1.0 / 9));
  REQUIRE(m.stages.size() == 1);
  CHECK(m.stages[0].micros == Approx(500));
  CHECK(m.scored == Approx(2000));
  CHECK(m.event_seconds == Approx(0.0004));
  CHECK(m.engine_cores == Approx(1.5));
  CHECK(m.commit_ms == Approx(20));
  CHECK(m.lag == std::vector<double>{0, 70});
  CHECK(m.machine_busy.value() == Approx(0.25));
  CHECK_FALSE(m.disk_busy);
}

TEST_CASE("commits and stores run beside a worker's thread") {
  Snapshot from, to;
  to.at = 10'000'000;
  to.worker_seconds["score-0"] = {
      {"process", 1}, {"idle", 6}, {"wait", 3}, {"commit", 1}, {"store", 8}};
  Measurements m;
  Compare(from, to, &m);
  CHECK(m.workers[0].idle == Approx(0.6));
  CHECK(m.workers[0].commit == Approx(0.1));
  CHECK(m.workers[0].store == Approx(0.8));
  CHECK(m.workers[0].busy() == Approx(0.9));
}

TEST_CASE("an engine that started again gives nothing instead of less than nothing") {
  Snapshot from, to;
  to.at = 1'000'000;
  from.scored = 5000;
  from.worker_seconds["score-0"]["process"] = 50;
  to.worker_seconds["score-0"]["process"] = 1;
  Measurements m;
  Compare(from, to, &m);
  CHECK(m.scored == 0);
  CHECK(m.workers[0].process == 0);
}

}  // namespace bongsu::loadtest
