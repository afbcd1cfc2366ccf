// What the last `meta` of a changelog says of its transaction, against what is left of it.
#include "engine/pipeline/restore.h"

#include <catch2/catch.hpp>

#include "engine/pipeline/batch_digest.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kChangelog{"bongsu.changelog", 0};

// A changelog as compaction leaves it: the last batch put `b` and deleted `gone`, whose tombstone
// is compacted away; `a` is of a batch before, whose `meta` is compacted away.
void WriteCompacted(Bank& bank, Duration age) {
  MemoryKeyValueStore data;
  const auto store = MakeStateStore(data, "");
  store->Put("a", "1");
  store->Put("b", "2");
  Meta meta;
  meta.next = 7;
  meta.written = (bank.clock.now - age).time_since_epoch().count();
  auto producer = *bank.raw().NewProducer("owner");
  auto transaction = *producer->Begin();
  WriteBatch sealed;
  store->SealOverlay(&sealed);
  store->Visit(sealed, [&](std::string_view key, std::optional<std::string_view> value) {
    REQUIRE(transaction->Append(kChangelog.topic, 0, key, value, {}).ok());
    if (key == "b") meta.digest = AddToDigest(meta.digest, RecordDigest(key, value));
  });
  meta.records = 2;
  meta.digest = AddToDigest(meta.digest, RecordDigest("gone", std::nullopt));
  REQUIRE(transaction->Append(kChangelog.topic, 0, kMetaKey, EncodeMeta(meta), {}).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
}

Status RestoreAll(Bank& bank, StateStore& store) {
  BONGSU_ASSIGN_OR_RETURN(const auto restore,
                          Restore::Start(bank.raw(), kChangelog, store, nullptr, bank.clock));
  while (!restore->at_end()) BONGSU_RETURN_IF_ERROR(restore->Step());
  return restore->Finish();
}

TEST_CASE("tombstones that compaction took from the last batch are no torn transaction") {
  Bank bank;
  WriteCompacted(bank, std::chrono::hours(24 * 9));
  MemoryKeyValueStore data;
  const auto store = MakeStateStore(data, "");
  REQUIRE(RestoreAll(bank, *store).ok());
  std::string value;
  CHECK(store->Get("b", &value).ok());
  CHECK(value == "2");
  CHECK((*store->LoadMeta())->next == 7);
}

TEST_CASE("a young batch that is not whole is refused") {
  Bank bank;
  WriteCompacted(bank, GENERATE(as<Duration>(), std::chrono::minutes(1), std::chrono::hours(1)));
  MemoryKeyValueStore data;
  const auto store = MakeStateStore(data, "");
  const Status status = RestoreAll(bank, *store);
  CHECK(status.code() == Code::kInvalid);
  CHECK(status.message().find("is not whole") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
