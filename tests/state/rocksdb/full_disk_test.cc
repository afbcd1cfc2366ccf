// A disk that takes no more for a while. The limit of a file's size stands for its end: like a full
// disk it fails a write half-way, and it needs no rights.
#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "state/rocksdb/rocksdb_store.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, before_);
  }

 private:
  rlimit old_{};
  void (*before_)(int) = nullptr;
};

Status Put(KeyValueStore& store, int number) {
  WriteBatch batch;
  batch.Put("key" + std::to_string(number), std::string(10'000, 'v'));
  return store.Write(batch);
}

TEST_CASE("a store goes on by itself, with all that was written, once its disk takes more") {
  const TempDir dir;
  RocksDbFactory factory{RocksDbOptions()};
  auto store = *factory.Open(dir.File("store"));
  int written = 0;
  for (int round = 0; round < 3; ++round) {
    {
      const FileLimit full(static_cast<rlim_t>(100'000 * (round + 1)));
      Status status;
      for (int i = 0; i < 100 && status.ok(); ++i) {
        status = Put(*store, written);
        written += status.ok() ? 1 : 0;
      }
      REQUIRE(status.code() == Code::kUnavailable);
    }
    REQUIRE(Put(*store, written).ok());
    ++written;
    std::string value;
    for (int i = 0; i < written; ++i) {
      REQUIRE(store->Get("key" + std::to_string(i), &value).value());
      REQUIRE(value.size() == 10'000);
    }
  }
}

}  // namespace
}  // namespace bongsu
