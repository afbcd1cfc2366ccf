// A partition that a release before made goes on in its format, so that the release before can have
// it back.
#include <catch2/catch.hpp>
#include <set>

#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kFrom{"bongsu.events", 0};

Meta MetaOn(Disk& disk) {
  const auto store = MakeStateStore(disk.data, "");
  const auto meta = store->LoadMeta();
  REQUIRE((meta.ok() && meta->has_value()));
  return **meta;
}

void CopyTo(Disk& from, Disk* to) {
  WriteBatch all;
  const auto take = [&](std::string_view key, std::string_view value) {
    all.Put(std::string(key), std::string(value));
    return true;
  };
  REQUIRE(from.data.Scan("", "", take).ok());
  REQUIRE(to->data.DeleteRange("", "").ok());
  REQUIRE(to->data.Write(all).ok());
}

// The formats of the changelog's meta records from `first` on.
std::set<int> FormatsFrom(Bank& bank, int64_t first) {
  std::set<int> formats;
  auto reader = *bank.raw().NewReader({"bongsu.changelog", 0}, first);
  const auto batch = reader->NewBatch();
  for (bool at_end = false; !at_end;) {
    batch->Clear();
    REQUIRE(reader->Poll(Duration(0), batch.get(), &at_end).ok());
    for (const Record& record : batch->records()) {
      if (record.key == kMetaKey) formats.insert(DecodeMeta(record.value)->format);
    }
  }
  return formats;
}

TEST_CASE("format 1 stays format 1 through restart, restore and hand-over") {
  Bank::Options options;
  options.partitions = 1;
  Bank bank(options), always(options);
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2"});
  REQUIRE(bank.RunScore().ok());
  Meta meta = MetaOn(bank.disks[kFrom]);
  CHECK(meta.format == kMetaFormat);
  meta.format = 1;  // As the release before would have left it.
  {
    const auto store = MakeStateStore(bank.disks[kFrom].data, "");
    REQUIRE(store->Write(store->Seal(meta)).ok());
  }
  const int64_t first = bank.raw().Offsets({"bongsu.changelog", 0})->end;
  bank.Send({"3 ann VIEW 3", "tick 10"});
  REQUIRE(bank.RunScore().ok());  // A restart.
  CHECK(MetaOn(bank.disks[kFrom]).format == 1);

  REQUIRE(bank.disks[kFrom].data.DeleteRange("", "").ok());
  bank.Send({"4 ann VIEW 4"});
  REQUIRE(bank.RunScore().ok());  // A restore.
  CHECK(MetaOn(bank.disks[kFrom]).format == 1);

  Disk other;  // Another host, with an old copy of its own.
  CopyTo(bank.disks[kFrom], &other);
  bank.Send({"5 ann VIEW 5", "6 ann VIEW 6"});
  REQUIRE(bank.RunScore().ok());
  CopyTo(other, &bank.disks[kFrom]);
  bank.Send({"7 ann VIEW 7"});
  REQUIRE(bank.RunScore().ok());
  CHECK(MetaOn(bank.disks[kFrom]).format == 1);
  CHECK(FormatsFrom(bank, first) == std::set<int>{1});

  always.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3", "tick 10", "4 ann VIEW 4",
               "5 ann VIEW 5", "6 ann VIEW 6", "7 ann VIEW 7"});
  REQUIRE(always.RunScore().ok());
  CHECK(bank.Read("alerts") == always.Read("alerts"));
  CHECK(bank.Read("alerts").size() == 2);
}

}  // namespace
}  // namespace bongsu
