#include "state/rocksdb/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "engine/base/strings.h"
#include "state/rocksdb/manifest.h"
#include "state/rocksdb/status.h"

namespace bongsu {
namespace {

constexpr uint64_t kLongLog = 500;  // Entries that are in no table yet.
// The index and the filter of a file are megabytes: a part of the cache must hold several.
constexpr size_t kCachePart = 32 << 20;
constexpr int kMostPartBits = 6;
constexpr int kOpenFiles = 256;  // A store; many partitions share the process's limit.

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class RocksDbStore final : public KeyValueStore {
 public:
  // Without a `database` it is opened by Open.
  RocksDbStore(std::string path, rocksdb::Options options,
               std::unique_ptr<rocksdb::DB> database = nullptr)
      : path_(std::move(path)), options_(std::move(options)), database_(std::move(database)) {}
  // A long log would have to be read at the next start; a short one costs less than another file.
  ~RocksDbStore() override {
    uint64_t entries = 0;
    if (database_ == nullptr || failed_) return;
    database_->GetIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable, &entries);
    if (entries > kLongLog) (void)database_->Flush(rocksdb::FlushOptions());
  }
  Status Open() {
    BONGSU_RETURN_IF_ERROR(CheckManifest(path_));
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options_, path_, &opened);
    database_.reset(opened);
    return FromRocksDb(status, "open", path_);
  }

  Result<bool> Get(std::string_view key, std::string* value) override {
    const std::shared_lock lock(mutex_);
    BONGSU_RETURN_IF_ERROR(Usable());
    rocksdb::PinnableSlice pinned;
    const rocksdb::Status status =
        database_->Get({}, database_->DefaultColumnFamily(), ToSlice(key), &pinned);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return FromRocksDb(status, "read", path_);
    value->assign(pinned.data(), pinned.size());
    return true;
  }

  Status Write(const WriteBatch& batch, bool sync) override {
    rocksdb::WriteBatch native(64 + batch.bytes() + 16 * batch.ops().size());
    rocksdb::Status status;
    for (const WriteBatch::Op& op : batch.ops()) {
      status = op.value ? native.Put(ToSlice(op.key), ToSlice(*op.value))
                        : native.Delete(ToSlice(op.key));
      if (!status.ok()) return FromRocksDb(status, "write", path_);
    }
    return Change(sync, [&](const rocksdb::WriteOptions& options) {
      return database_->Write(options, &native);
    });
  }

  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    if (!to.empty() && to <= from) return Status::Ok();
    const rocksdb::Slice end = ToSlice(to);
    rocksdb::ReadOptions options;
    if (!to.empty()) options.iterate_upper_bound = &end;
    const std::shared_lock lock(mutex_);
    BONGSU_RETURN_IF_ERROR(Usable());
    const std::unique_ptr<rocksdb::Iterator> it(database_->NewIterator(options));
    for (it->Seek(ToSlice(from)); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) break;
    }
    return FromRocksDb(it->status(), "read", path_);
  }

  Status DeleteRange(std::string_view from, std::string_view to) override {
    if (!to.empty()) {
      if (to <= from) return Status::Ok();
      return Change(false, [&](const rocksdb::WriteOptions& options) {
        return database_->DeleteRange(options, database_->DefaultColumnFamily(), ToSlice(from),
                                      ToSlice(to));
      });
    }
    WriteBatch batch;  // RocksDB has no range without an end.
    BONGSU_RETURN_IF_ERROR(Scan(from, to, [&](std::string_view key, std::string_view) {
      batch.Delete(key);
      return true;
    }));
    return Write(batch, false);
  }

  uint64_t ApproximateSize() override {
    const std::shared_lock lock(mutex_);
    uint64_t files = 0, buffers = 0;
    if (database_ == nullptr) return 0;
    database_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &files);
    database_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &buffers);
    return files + buffers;
  }

 private:
  // After a write that failed (a full disk) the files it was writing cannot be written on: the
  // database is closed and opened again before the next write.
  template <typename F>
  Status Change(bool sync, const F& change) {
    if (failed_.load(std::memory_order_relaxed)) {
      const std::unique_lock lock(mutex_);
      if (failed_.load(std::memory_order_relaxed)) {  // Nobody was quicker.
        database_.reset();
        BONGSU_RETURN_IF_ERROR(Open());
        failed_.store(false, std::memory_order_relaxed);
      }
    }
    const std::shared_lock lock(mutex_);
    BONGSU_RETURN_IF_ERROR(Usable());
    rocksdb::WriteOptions options;
    options.sync = sync;
    const rocksdb::Status status = change(options);
    if (!status.ok()) failed_.store(true, std::memory_order_relaxed);
    return FromRocksDb(status, "write", path_);
  }
  Status Usable() const {
    return database_ != nullptr
               ? Status::Ok()
               : Status::Unavailable(StrCat("state: ", path_, " is closed after a failed write"));
  }

  const std::string path_;
  const rocksdb::Options options_;
  std::shared_mutex mutex_;  // Alone while the database is opened again.
  std::unique_ptr<rocksdb::DB> database_;
  std::atomic<bool> failed_{false};
};

rocksdb::CompressionType BestCompression() {
  const auto linked = rocksdb::GetSupportedCompressions();
  for (const auto type : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(linked.begin(), linked.end(), type) != linked.end()) return type;
  }
  return rocksdb::kNoCompression;
}

// RocksDB's own log would be one more file on a disk that may be full, and it asserts when it has
// to write on after that.
class WarningLogger final : public rocksdb::Logger {
 public:
  WarningLogger() : rocksdb::Logger(rocksdb::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list words) override {
    char text[1024];
    std::vsnprintf(text, sizeof(text), format, words);
    spdlog::debug("rocksdb: {}", text);
  }
};

// Personal data lies in it: only this user may enter.
Status MakePrivateDirectories(const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return Status::Ok();
  BONGSU_RETURN_IF_ERROR(MakePrivateDirectories(path.parent_path()));
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return Status::Ok();
  const std::string what = StrCat("state: cannot make the directory ", path.string(), ": ",
                                  std::generic_category().message(errno));
  if (errno == ENOSPC) return Status::Unavailable(what + "; free some space or enlarge the disk");
  return Status::Invalid(what + "; give this user its parent, or choose another data_dir");
}

}  // namespace

struct RocksDbFactory::Shared {
  rocksdb::Options Options() const;

  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> buffers;
  size_t buffer_bytes = 0;
};

rocksdb::Options RocksDbFactory::Shared::Options() const {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks =
      true;  // So that the budget holds whatever the size on disk.
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.checksum = rocksdb::kXXH3;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_manager = buffers;
  options.write_buffer_size = std::max<size_t>(buffer_bytes / 2, 1 << 20);
  // Who comes for the first time is looked for in vain.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.compression = BestCompression();
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_recovery = true;  // Else each start leaves one more small file.
  options.max_open_files = kOpenFiles;
  options.max_file_opening_threads = 1;  // Several databases open side by side.
  options.skip_stats_update_on_db_open = true;
  options.info_log = std::make_shared<WarningLogger>();
  return options;
}

RocksDbFactory::RocksDbFactory(const RocksDbOptions& options)
    : shared_(std::make_unique<Shared>()) {
  const size_t parts = options.block_cache.bytes / kCachePart;
  const auto bits = static_cast<int>(std::bit_width(std::max<size_t>(parts, 1))) - 1;
  shared_->cache = rocksdb::NewLRUCache(options.block_cache.bytes, std::min(bits, kMostPartBits));
  shared_->buffer_bytes = options.write_buffer.bytes;
  shared_->buffers = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer.bytes);
}

RocksDbFactory::~RocksDbFactory() = default;

Result<std::unique_ptr<KeyValueStore>> RocksDbFactory::Open(const std::string& path) {
  BONGSU_RETURN_IF_ERROR(MakePrivateDirectories(std::filesystem::path(path).lexically_normal()));
  auto store = std::make_unique<RocksDbStore>(path, shared_->Options());
  BONGSU_RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<KeyValueStore>(std::move(store));
}

Result<std::unique_ptr<KeyValueStore>> RocksDbFactory::OpenReadOnly(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path + "/CURRENT", error)) {
    return Status::NotFound(StrCat("state: there is no store in ", path));
  }
  rocksdb::Options options = shared_->Options();
  options.create_if_missing = false;
  options.max_open_files = -1;  // All at once: a file that the holder then removes stays readable.
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &opened);
  if (!status.ok()) return FromRocksDb(status, "open", path);
  return std::unique_ptr<KeyValueStore>(std::make_unique<RocksDbStore>(
      path, std::move(options), std::unique_ptr<rocksdb::DB>(opened)));
}

Result<std::string> RocksDbFactory::SetAside(const std::string& path) {
  std::error_code error;
  for (int n = 1;; ++n) {
    const std::string aside = StrCat(path, ".corrupt-", n);
    if (std::filesystem::exists(aside, error)) continue;
    std::filesystem::rename(path, aside, error);
    if (!error) return aside;
    return Status::Internal(StrCat("state: cannot set ", path, " aside as ", aside, ": ",
                                   error.message(), "; move it away by hand"));
  }
}

}  // namespace bongsu
