#include "engine/pipeline/ingest.h"

#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"
#include "tests/support/pipeline_parts.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

// Lines of PlainEvent, several in a record with `;` between them.
class PlainSource final : public SourceDecoder {
 public:
  void Decode(std::string_view bytes, DecodeSink* sink) override {
    for (uint32_t index = 0; !bytes.empty(); ++index) {
      const size_t end = std::min(bytes.find(';'), bytes.size());
      const std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
      const PlainEvent event = PlainEvent::Parse(line);
      if (event.good) {
        sink->OnEvent({line, event.user, event.time, index, 0, 3, 4});
      } else {
        sink->OnRejected(index, line, {"json", "", "not an event"});
      }
    }
  }
};

// "topic/partition key value header=value …" of what is appended.
class Listing final : public Transaction {
 public:
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override {
    std::string line = StrCat(topic, "/", partition, " ", key, " ", value.value_or("(none)"));
    for (const Header& header : headers) {
      if (header.name != "message") line += StrCat(" ", header.name, "=", header.value);
    }
    lines.push_back(std::move(line));
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  bongsu::Outcome Commit(Duration) override { return bongsu::Outcome::kCommitted; }
  std::vector<std::string> lines;
};

using Lines = std::vector<std::string>;

struct Rig {
  explicit Rig(bool file, const std::string& version = "") {
    IngestPlan plan;
    plan.event_partitions = 3;
    if (!version.empty()) {
      Announcer::Options options;
      options.event_partitions = 3;
      options.instance = "me";
      options.in_force = [] { return std::string(); };
      options.notify = [](std::string_view) {};
      plan.announcer = std::make_shared<Announcer>(std::move(options), "");
      plan.announcer->Announce({version, {{"config/" + version, "body"}}, {"config/" + version}},
                               "");
    }
    const auto decoder = [] { return std::make_unique<PlainSource>(); };
    plan.sources["in"] = {"db", file, 5min, std::chrono::days(7), decoder};
    ingest = std::make_unique<Ingest>(std::move(plan), nullptr, metrics);
  }
  std::unique_ptr<Shard> Open(const TopicPartition& from) {
    const auto opening = ingest->Open(from, 7);
    REQUIRE(opening.ok());
    auto opened = (*opening)->Step();
    REQUIRE((opened.ok() && opened->has_value()));
    CHECK((*opened)->next == 7);
    CHECK((*opened)->shard->next() == 7);
    return std::move((*opened)->shard);
  }
  static Lines Take(Shard& shard, int64_t offset, std::string_view value,
                    int64_t broker_second = 100, std::string_view broken = {}) {
    Record record;
    record.offset = offset;
    record.timestamp = FromMillis(broker_second * 1000);
    record.value = value;
    record.broken = broken;
    REQUIRE(shard.Process(record).ok());
    CHECK(shard.next() == offset + 1);
    Listing out;
    shard.Prepare();
    REQUIRE(shard.AppendTo(out).ok());
    REQUIRE(shard.Store(out).ok());
    shard.Committed();
    CHECK_FALSE(shard.dirty());
    shard.Publish();
    return out.lines;
  }
  Lines Turn(int64_t second) {
    Outputs outputs;
    ingest->OnTurn(FromMillis(second * 1000), &outputs);
    Listing out;
    REQUIRE(outputs.AppendTo(out).ok());
    return out.lines;
  }
  TestMetrics metrics;
  std::unique_ptr<Ingest> ingest;
};

TEST_CASE(
    "an event goes to its person's partition with its origin; what is no event is a dead letter") {
  Rig rig(false);
  CHECK(rig.metrics.Has("events_consumed_total{source=db}"));  // Before anything has come.
  const auto shard = rig.Open({"in", 4});
  const std::string to = StrCat(PartitionOf("ann", 3));
  CHECK(Rig::Take(*shard, 41, "1 ann VIEW 9;nonsense;2 ann VIEW 9") ==
        Lines{"bongsu.events/" + to + " ann 1 ann VIEW 9 origin=db:4:41:0",
              "bongsu.dead-letters/0 db:4:41:1 nonsense reason=json field= topic=in partition=4 "
              "offset=41 index=1 kept=whole",
              "bongsu.events/" + to + " ann 2 ann VIEW 9 origin=db:4:41:2"});
  CHECK(rig.metrics["events_ingested_total{source=db}"] == 2);
  CHECK(rig.metrics["dead_letters_total{reason=json}"] == 1);
  CHECK(Rig::Take(*shard, 42, "1 ann VIEW", 100, "the line is too long")[0] ==
        "bongsu.dead-letters/0 db:4:42:0 1 ann VIEW reason=limit field= topic=in partition=4 "
        "offset=42 index=0 kept=whole");
}

TEST_CASE("a dead letter that no broker would take says where it is") {
  Rig rig(false);
  const auto shard = rig.Open({"in", 4});
  const std::string large(8u << 20, 'x');
  CHECK(
      Rig::Take(*shard, 41, large, 100, "the record is too long")[0] ==
      "bongsu.dead-letters/0 db:4:41:0  reason=limit field= topic=in partition=4 offset=41 index=0 "
      "kept=by position");
}

TEST_CASE("a topic's event may be a little ahead of the broker's clock, not far") {
  Rig rig(false);
  const auto shard = rig.Open({"in", 0});
  CHECK_THAT(Rig::Take(*shard, 1, "1 ann VIEW 400", 100)[0], Catch::StartsWith("bongsu.events/"));
  CHECK_THAT(Rig::Take(*shard, 2, "1 ann VIEW 401", 100)[0],
             Catch::Contains("reason=future field=time"));
}

TEST_CASE("in a file a jump is one dead letter; a second event there confirms it") {
  Rig rig(true);
  const auto shard = rig.Open({"in", 0});
  CHECK_THAT(Rig::Take(*shard, 1, "1 ann VIEW 100")[0], Catch::StartsWith("bongsu.events/"));
  CHECK_THAT(Rig::Take(*shard, 2, "2 ann VIEW 604901")[0], Catch::Contains("reason=future"));
  CHECK_THAT(Rig::Take(*shard, 3, "3 ann VIEW 604902")[0], Catch::StartsWith("bongsu.events/"));
}

TEST_CASE("in a file an old event among new ones is late, and the next of them no jump") {
  Rig rig(true);
  const auto shard = rig.Open({"in", 0});
  CHECK_THAT(Rig::Take(*shard, 1, "1 ann VIEW 9000000")[0], Catch::StartsWith("bongsu.events/"));
  CHECK_THAT(Rig::Take(*shard, 2, "2 ann VIEW 100")[0], Catch::StartsWith("bongsu.events/"));
  CHECK_THAT(Rig::Take(*shard, 3, "3 ann VIEW 9000001")[0], Catch::StartsWith("bongsu.events/"));
  CHECK_THAT(Rig::Take(*shard, 4, "4 ann VIEW 9604802")[0], Catch::Contains("reason=future"));
}

TEST_CASE("a file ends with a tick of its last time in every partition, once") {
  Rig rig(true);
  const auto shard = rig.Open({"in", 0});
  Rig::Take(*shard, 1, "1 ann VIEW 100");
  CHECK(rig.Turn(1000).empty());
  REQUIRE(shard->AtEnd().ok());
  const Lines ticks = rig.Turn(1000);
  REQUIRE(ticks.size() == 3);
  CHECK(ticks[2] ==
        "bongsu.events/2  {\"kind\":\"tick\",\"time\":\"100000\"} type=tick time=100000");
  rig.ingest->OnCommitted();
  REQUIRE(shard->AtEnd().ok());
  CHECK(rig.Turn(1001).empty());
}

TEST_CASE("what was said but not committed is said again") {
  Rig rig(true, "digest1");
  const auto shard = rig.Open({"in", 0});
  Rig::Take(*shard, 1, "1 ann VIEW 100");
  REQUIRE(shard->AtEnd().ok());
  const Lines said = rig.Turn(1000);
  REQUIRE(said.size() == 10);
  CHECK(said[0] == "bongsu.artifacts/0 config/digest1 body");
  CHECK_THAT(said[3], Catch::Contains("type=version digest=digest1"));
  CHECK_THAT(said[9], Catch::Contains("type=tick"));
  CHECK(rig.Turn(1000).empty());
  rig.ingest->OnReset();
  REQUIRE(shard->AtEnd().ok());
  CHECK(rig.Turn(1000) == said);
  rig.ingest->OnCommitted();
  rig.ingest->OnReset();
  REQUIRE(shard->AtEnd().ok());
  CHECK(rig.Turn(1000).empty());
}

TEST_CASE("only the owner of decision partition 0 ticks, by the slowest of its topics") {
  Rig rig(false);
  const auto a = rig.Open({"in", 0}), b = rig.Open({"in", 1});
  REQUIRE(a->AtEnd().ok());
  REQUIRE(b->AtEnd().ok());
  CHECK(rig.Turn(1000).empty());
  const auto decisions = rig.Open({"bongsu.decisions", 0});
  CHECK(rig.Turn(1000).size() == 3);
  CHECK(rig.Turn(1009).empty());
  Rig::Take(*b, 1, "1 ann VIEW 1005", 1005);  // Not at its end any more: it has come to 1005.
  CHECK_THAT(rig.Turn(1010)[0], Catch::Contains("time=1005000"));
  rig.ingest->OnLost({"bongsu.decisions", 0});
  CHECK(rig.Turn(1100).empty());
}

TEST_CASE("a decision is carried to its person's partition as a control event") {
  Rig rig(false);
  const auto shard = rig.Open({"bongsu.decisions", 1});
  Record record;
  record.offset = 5;
  record.key = "ann";
  record.value = "{}";
  REQUIRE(shard->Process(record).ok());
  shard->Prepare();
  Listing out;
  REQUIRE(shard->AppendTo(out).ok());
  CHECK(out.lines == Lines{StrCat("bongsu.events/", PartitionOf("ann", 3),
                                  " ann {} type=decision origin=bongsu.decisions:1:5:0")});
}

TEST_CASE("what is read while a batch is committed is counted with the next") {
  Rig rig(false);
  const auto shard = rig.Open({"in", 0});
  Record record;
  record.timestamp = FromMillis(100'000);
  record.value = "1 ann VIEW 100";
  record.offset = 7;
  REQUIRE(shard->Process(record).ok());
  shard->Prepare();
  record.offset = 8;
  REQUIRE(shard->Process(record).ok());
  shard->Committed();
  shard->Publish();
  CHECK(rig.metrics["events_consumed_total{source=db}"] == 1);
  CHECK(rig.metrics["events_ingested_total{source=db}"] == 1);
  CHECK(shard->dirty());
}

TEST_CASE("a topic that no source reads is refused") {
  Rig rig(false);
  CHECK(rig.ingest->Open({"other", 0}, 0).status().code() == Code::kInternal);
}

}  // namespace
}  // namespace bongsu
