// Brings a store forward from its partition's changelog (design section 6, point 4), in short
// steps: a worker restores several partitions side by side and a standby follows for good. The
// store's own meta moves on about once a second, always to the end of a batch that was applied as a
// whole, so a restore that is cut off goes on from there. One thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/state.h"

namespace bongsu {

// Why a copy with this meta can't be brought forward but must be made anew; empty: it can. An old
// one may not know of deletes that are compacted away; one of another cluster or log knows nothing
// of use.
std::string WhyStale(const Meta& local, uint64_t cluster, const LogOffsets& changelog,
                     Timestamp now);

class Restore {
 public:
  // From where `local`, the meta of `store`, stands; null: from the beginning. `store` and `clock`
  // outlive it.
  static Result<std::unique_ptr<Restore>> Start(Log& log, const TopicPartition& changelog,
                                                StateStore& store, const Meta* local,
                                                const Clock& clock);

  // Applies what has come. Errors as of the reader and the store; kInvalid when the changelog tells
  // of a transaction that is not whole.
  Status Step();
  // The last Step ended at the end of what is committed.
  bool at_end() const { return at_end_; }
  // Of the last batch applied; nullopt as long as there was none.
  const std::optional<Meta>& meta() const { return meta_; }
  // Nothing has come since.
  Timestamp last_record() const { return last_record_; }
  int64_t records() const { return records_; }
  // At an end with a meta: all that was applied is durable, with its position.
  Status Finish();

 private:
  Restore(TopicPartition changelog, StateStore& store, std::unique_ptr<Reader> reader,
          const Meta* local, const Clock& clock);
  Status Apply(const Record& record);
  Status Seal(int64_t changelog_next);
  bool SealDue() const;
  Status CheckBatch(const Meta& meta, int64_t offset);

  const TopicPartition changelog_;
  StateStore& store_;
  const Clock& clock_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<RecordBatch> batch_;
  std::optional<Meta> meta_;
  const std::optional<Meta> local_;  // Where the store stood.
  bool unsealed_ = false;            // `meta_` is not the store's yet.
  std::deque<uint64_t> since_meta_;  // Digests of the records after the last meta.
  std::string torn_;                 // What is wrong with the last batch; empty: it is whole.
  bool at_end_ = false;
  Timestamp last_record_, last_seal_;
  int64_t records_ = 0;
};

}  // namespace bongsu
