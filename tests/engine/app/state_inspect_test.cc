#include "engine/app/state_inspect.h"

#include <fstream>

#include "engine/core/state_keys.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/engine/app/state_fixture.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

using Catch::Matchers::Contains;

// A data directory without a broker, of two partitions; the second has no state yet.
class EmbeddedState {
 public:
  EmbeddedState() {
    config.data_dir = dir_.path();
    config.kafka.partitions = 2;
    config.score.input = "bongsu.events";
    RocksDbFactory rocksdb;
    const auto database = *rocksdb.Open(dir_.File("embedded"));
    const auto store = MakeStateStore(*database, "s/0/");
    std::string timer;
    TimerKey(FromMillis(0), "risk/kim", &timer);
    store->Put("u/kim", "0123456789");
    store->Put("u/lee", "01234");
    store->Put("e/kim", "\x01\x02");
    store->Put(timer, "");
    Meta meta;
    meta.next = 17;
    meta.sequence = 3;
    meta.written = (clock.Now() - std::chrono::minutes(2)).time_since_epoch().count();
    REQUIRE(store->Write(store->Seal(meta)).ok());
  }
  Inspection Look(const InspectOptions& options) {
    auto inspection = Inspect(config, options, clock);
    INFO(inspection.status().message());
    REQUIRE(inspection.ok());
    return *std::move(inspection);
  }
  const StillClock clock;
  EngineConfig config;

 private:
  TempDir dir_;
};

TEST_CASE("an inspection shows what is there, by kind") {
  EmbeddedState state;
  const std::string text = InspectionText(state.Look({}), {});
  CHECK_THAT(text, Contains("bongsu.events-0: starts at once at 17\n"));
  CHECK_THAT(text, Contains("position 17, batch 3, event time 1970-01-01T00:00:00.000Z, format 2, "
                            "configuration 0000000000000000, written 2m ago"));
  CHECK_THAT(text, Contains("    u  profiles      2  25 B\n"));
  CHECK_THAT(text, Contains("bongsu.events-1: starts at the beginning"));
  CHECK_THAT(text, !Contains("kim"));
  CHECK(InspectionText(state.Look({.partition = 1}), {}).find("events-0") == std::string::npos);
}

TEST_CASE("of a person the kinds and sizes are shown, the contents on demand") {
  EmbeddedState state;
  InspectOptions options{.user = "kim"};
  const std::string text = InspectionText(state.Look(options), options);
  CHECK_THAT(text, Contains("kim  u  profiles, 10 bytes\n"));
  CHECK_THAT(text, Contains("kim  t  timers of risk at 1970-01-01T00:00:00.000Z, 0 bytes\n"));
  CHECK_THAT(text, !Contains("0102"));
  options.raw = true;
  CHECK_THAT(InspectionText(state.Look(options), options),
             Contains("e  risky events, 2 bytes: 0102"));
  options.user = "nobody\x1b[31m";
  CHECK_THAT(InspectionText(state.Look(options), options),
             Contains("nothing is known of nobody\\u001b[31m here"));
}

TEST_CASE("--json holds the same for programs") {
  EmbeddedState state;
  InspectOptions options{.partition = 0, .user = "lee"};
  CHECK(
      InspectionJson(state.Look(options), options) ==
      R"({"group":"bongsu.score","input":"bongsu.events","partitions":[{"partition":0,"local":)"
      R"({"next":17,"changelog_next":0,"sequence":3,"time":"1970-01-01T00:00:00.000Z","format":2,)"
      R"("config_digest":"00000000000000000000000000000000","age_seconds":120},)"
      R"("kinds":{"e":{"entries":1,"bytes":7},"t":{"entries":1,"bytes":19},)"
      R"("u":{"entries":2,"bytes":25}},"person":[{"kind":"u","bytes":5}],)"
      R"("opening":{"kind":"start","records":0,"text":"starts at once at 17"}}]})");
}

TEST_CASE("what the disk lies about is found") {
  EmbeddedState state;
  RocksDbFactory rocksdb;
  WriteBatch lie;
  lie.Put("s/0/u/kim", "nonsense");
  REQUIRE((*rocksdb.Open(state.config.data_dir + "/embedded"))->Write(lie).ok());
  CHECK_THAT(InspectionText(state.Look({}), {}), Contains("bongsu.events-0: refused: "));
}

TEST_CASE("an inspection says when there is nothing to look into") {
  EmbeddedState state;
  CHECK(Inspect(state.config, {.from_changelog = true}, state.clock).status().code() ==
        Code::kInvalid);
  state.config.data_dir += "/elsewhere";
  CHECK(Inspect(state.config, {}, state.clock).status().code() == Code::kNotFound);
}

}  // namespace
}  // namespace bongsu
