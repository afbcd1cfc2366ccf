#include "state/ahead/read_ahead.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "engine/base/strings.h"
#include "state/memory/memory_store.h"
#include "tests/support/store_around.h"

namespace bongsu {
namespace {

// A database whose reads by the thread can be held after they have their answer, and can fail.
struct Disk {
  void Put(std::string_view key, std::string_view value) {
    WriteBatch batch;
    batch.Put(key, value);
    REQUIRE(data.Write(batch).ok());
  }
  void Hold() {
    const std::lock_guard lock(mutex);
    held = true;
  }
  void Release() {
    const std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }
  // Until the thread has answers to so many reads.
  void WaitFor(int reads) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answered == reads; });
  }

  MemoryKeyValueStore data;
  std::atomic<bool> corrupt = false;
  const std::thread::id owner = std::this_thread::get_id();
  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;
  int answered = 0;                // Reads of the thread.
  std::atomic<int> own_reads = 0;  // Of who asks.
};

class DiskStore final : public StoreAround {
 public:
  explicit DiskStore(Disk& disk) : StoreAround(disk.data), disk_(disk) {}
  Result<bool> Get(std::string_view key, std::string* value) override {
    const Result<bool> found = StoreAround::Get(key, value);
    if (std::this_thread::get_id() == disk_.owner) {
      ++disk_.own_reads;
    } else {
      std::unique_lock lock(disk_.mutex);
      ++disk_.answered;
      disk_.changed.notify_all();
      disk_.changed.wait(lock, [this] { return !disk_.held; });
    }
    if (disk_.corrupt) return Status::Corrupt("the disk lied");
    return found;
  }

 private:
  Disk& disk_;
};

struct Rig {
  explicit Rig(size_t most = 8) : store(MakeReadAhead(std::make_unique<DiskStore>(disk), most)) {}
  std::string At(std::string_view key) const {
    std::string value;
    return *store->Get(key, &value) ? value : "-";
  }
  // The thread takes what is expected in pieces: when it has read this one as well, those before
  // are there.
  void ExpectAndWait(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) store->Expect(key);
    reads += static_cast<int>(keys.size());
    disk.WaitFor(reads);
    store->Expect(StrCat("another ", reads));
    disk.WaitFor(++reads);
  }

  // The thread has its value, 1, and may not say so.
  void HoldReadOf(std::string_view key) {
    disk.Put(key, "1");
    disk.Hold();
    store->Expect(key);
    disk.WaitFor(++reads);
  }

  Disk disk;
  int reads = 0;
  std::unique_ptr<KeyValueStore> store;
};

TEST_CASE("what is expected is read by the thread, and once") {
  Rig rig;
  rig.disk.Put("a", "1");
  rig.ExpectAndWait({"a", "none"});
  CHECK(rig.At("a") == "1");
  CHECK(rig.At("none") == "-");
  CHECK(rig.disk.own_reads == 0);
  CHECK(rig.At("a") == "1");  // Nobody expected it twice.
  CHECK(rig.disk.own_reads == 1);
}

TEST_CASE("what was written since is not read from before") {
  Rig rig;
  rig.disk.Put("a", "1");
  rig.disk.Put("b", "1");
  rig.ExpectAndWait({"a", "b"});
  WriteBatch batch;
  batch.Put("a", "2");
  REQUIRE(rig.store->Write(batch).ok());
  CHECK(rig.At("a") == "2");
  REQUIRE(rig.store->DeleteRange("b", "c").ok());
  CHECK(rig.At("b") == "-");
}

TEST_CASE("a read that a write overtakes is not believed") {
  Rig rig;
  rig.HoldReadOf("a");
  WriteBatch batch;
  batch.Put("a", "2");
  REQUIRE(rig.store->Write(batch).ok());
  CHECK(rig.At("a") == "2");
  rig.disk.Release();
  rig.ExpectAndWait({"b"});
  CHECK(rig.At("a") == "2");
}

TEST_CASE("who asks before the thread is done reads, and it can be expected again") {
  Rig rig;
  rig.HoldReadOf("a");
  CHECK(rig.At("a") == "1");
  CHECK(rig.disk.own_reads == 1);
  rig.disk.Release();
  rig.ExpectAndWait({"b", "a"});
  CHECK(rig.At("a") == "1");
  CHECK(rig.disk.own_reads == 1);
}

TEST_CASE("what the disk has to say is said to who asks") {
  Rig rig;
  rig.disk.corrupt = true;
  rig.ExpectAndWait({"a"});
  std::string value;
  CHECK(rig.store->Get("a", &value).status().code() == Code::kCorrupt);
  CHECK(rig.disk.own_reads == 1);
}

TEST_CASE("of more than it holds the last are there, and the others are read") {
  constexpr int kKeys = 100;
  Rig rig(8);
  for (int i = 0; i < kKeys; ++i) rig.disk.Put(StrCat("k", i), StrCat(i));
  for (int i = 0; i < kKeys; ++i) rig.store->Expect(StrCat("k", i));
  for (int i = 0; i < kKeys; ++i) CHECK(rig.At(StrCat("k", i)) == StrCat(i));
}

TEST_CASE("a store may go while its thread reads") {
  for (int i = 0; i < 200; ++i) {
    Rig rig;
    rig.store->Expect("a");
    rig.store->Expect("b");
    rig.store.reset();
  }
}

}  // namespace
}  // namespace bongsu
