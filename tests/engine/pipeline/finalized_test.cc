// A partition that was finalized while its store lay still: the store follows at the next opening,
// though it stands where the group does.
#include <catch2/catch.hpp>

#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kFrom{"bongsu.events", 0};

Meta MetaOf(Bank& bank) {
  return **MakeStateStore(bank.disks[kFrom].data, "")->LoadMeta();
}

// What the store and the changelog's last meta say.
void WriteStore(Bank& bank, Meta meta) {
  const auto store = MakeStateStore(bank.disks[kFrom].data, "");
  REQUIRE(store->Write(store->Seal(meta)).ok());
}
void WriteChangelog(Bank& bank, Meta meta) {
  meta.records = 0;
  meta.digest = 0;
  const auto producer = *bank.raw().NewProducer("state");
  const auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("bongsu.changelog", 0, kMetaKey, EncodeMeta(meta), {}).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
}

TEST_CASE("a store of the format before keeps it until its partition is finalized") {
  Bank::Options options;
  options.partitions = 1;
  Bank bank(options);
  bank.Send({"1 ann VIEW 1"});
  REQUIRE(bank.RunScore().ok());
  Meta meta = MetaOf(bank);
  meta.format = kOldestMetaFormat;
  WriteStore(bank, meta);

  bank.Send({"2 ann VIEW 2"});
  REQUIRE(bank.RunScore().ok());
  meta = MetaOf(bank);
  CHECK(meta.format == kOldestMetaFormat);
  CHECK(meta.next == 2);

  meta.format = kMetaFormat;
  ++meta.sequence;
  WriteChangelog(bank, meta);
  REQUIRE(bank.RunScore().ok());
  CHECK(MetaOf(bank).format == kMetaFormat);
  bank.Send({"3 ann VIEW 3"});
  REQUIRE(bank.RunScore().ok());
  CHECK(MetaOf(bank).format == kMetaFormat);
  CHECK(MetaOf(bank).sequence == meta.sequence + 1);
  CHECK(bank.disks[kFrom].set_aside == 0);
}

}  // namespace
}  // namespace bongsu
