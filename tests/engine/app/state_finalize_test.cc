#include "engine/app/state_finalize.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/engine/app/state_fixture.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

TEST_CASE("only an older format is raised, and only over a whole changelog") {
  ChangelogEnd end;
  CHECK_FALSE(*PlanFinalize(end, 42, FromMillis(5)));
  end.meta = Meta();
  CHECK_FALSE(*PlanFinalize(end, 42, FromMillis(5)));
  end.meta->format = kOldestMetaFormat;
  end.meta->next = 17;
  end.meta->sequence = 3;
  const auto raised = PlanFinalize(end, 42, FromMillis(5));
  REQUIRE(raised.ok());
  REQUIRE(*raised);
  CHECK((*raised)->format == kMetaFormat);
  CHECK((*raised)->next == 17);
  CHECK((*raised)->sequence == 4);
  CHECK((*raised)->cluster == 42);
  end.whole = false;
  CHECK(PlanFinalize(end, 42, FromMillis(5)).status().code() == Code::kInvalid);
}

TEST_CASE("without a broker the one database is finalized in place") {
  const TempDir dir;
  EngineConfig config;
  config.data_dir = dir.path();
  config.kafka.partitions = 3;
  RocksDbFactory rocksdb;
  const auto with_store = [&](int partition, auto work) {
    const auto database = *rocksdb.Open(dir.File("embedded"));
    work(*MakeStateStore(*database, StrCat("s/", partition, "/")));
  };
  for (const uint8_t format : {kOldestMetaFormat, kMetaFormat}) {
    with_store(format - kOldestMetaFormat, [&](StateStore& store) {
      Meta meta;
      meta.format = format;
      meta.next = 17;
      REQUIRE(store.Write(store.Seal(meta)).ok());
    });
  }
  const auto first = FinalizeState(config, StillClock());
  INFO(first.status().message());
  REQUIRE(first.ok());
  CHECK(first->raised == 1);
  CHECK(first->already == 1);
  CHECK(first->empty == 1);
  with_store(0, [](StateStore& store) {
    CHECK((*store.LoadMeta())->format == kMetaFormat);
    CHECK((*store.LoadMeta())->next == 17);
  });
  CHECK(FinalizeState(config, StillClock())->raised == 0);
}

}  // namespace
}  // namespace bongsu
