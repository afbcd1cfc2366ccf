// One input partition with everything that belongs to it: the unit of ownership, of order and of
// recovery. A worker thread owns it; nothing of it is visible elsewhere.
//
//   Process* Prepare AppendTo* Store Committed
//
// Prepare takes what was processed as the batch to commit; Process may go on with the next batch
// from there, up to the next Prepare. AppendTo may be called again for a new transaction after an
// abort: outputs and state are kept until Committed.
#pragma once

#include <memory>
#include <optional>

#include "engine/core/log.h"
#include "engine/pipeline/outputs.h"

namespace bongsu {

class Shard {
 public:
  virtual ~Shard() = default;
  // Will be processed next, all of them: what the disk has of them can be read meanwhile.
  virtual void Announce(std::span<const Record> /*records*/) {}
  // Will be processed soon, kAhead records later at most: what it needs can be fetched meanwhile.
  static constexpr size_t kAhead = 6;
  virtual void Expect(const Record& /*record*/) {}
  // Takes one record. Bad input is a dead letter, not an error; an error means that the shard can't
  // go on.
  virtual Status Process(const Record& record) = 0;
  // The partition's end was reached; for files for good.
  virtual Status AtEnd() { return Status::Ok(); }
  // Of what was processed since Prepare:
  virtual bool dirty() const = 0;    // Something to commit.
  virtual bool urgent() const = 0;   // An alert waits.
  virtual size_t bytes() const = 0;  // Held until the commit, about.
  // Delivery at least once: what may be published before the batch is committed, and cleared then.
  virtual Outputs* early() { return nullptr; }
  virtual int64_t next() const = 0;  // The position that belongs to the state in hand.
  virtual void Prepare() = 0;
  virtual int64_t prepared_next() const = 0;  // The position that belongs to the batch to commit.
  // These two may run on another thread beside Process.
  virtual Status AppendTo(Transaction& transaction) = 0;
  // The transaction is committed: writes the state of the batch.
  virtual Status Store(const Transaction& transaction) = 0;
  virtual void Committed() = 0;
  // After a commit: numbers to the metrics.
  virtual void Publish() {}
};

struct Opened {
  std::unique_ptr<Shard> shard;
  std::optional<int64_t> next;  // Where to read on; nullopt = from the beginning.
};

// A shard that is being opened, in short steps, so that the worker goes on with its other
// partitions and answers rebalances meanwhile. Opening is recovery.
class Opening {
 public:
  virtual ~Opening() = default;
  // nullopt: not yet; call it again.
  virtual Result<std::optional<Opened>> Step() = 0;
};

// Opens shards as partitions come.
class ShardFactory {
 public:
  virtual ~ShardFactory() = default;
  // `committed` is the group's settled position; nullopt = it has none.
  virtual Result<std::unique_ptr<Opening>> Open(const TopicPartition& from,
                                                std::optional<int64_t> committed) = 0;
  // The group's position in `from` has not settled for a while: the transaction of an owner that is
  // gone may hold it.
  virtual Status OnUnsettled(const TopicPartition& /*from*/) { return Status::Ok(); }
  // Once a turn: what the role as a whole has to say (ticks, versions). Goes with the next
  // transaction.
  virtual void OnTurn(Timestamp /*now*/, Outputs* /*outputs*/) {}
  virtual void OnCommitted() {}  // What OnTurn said is committed.
  virtual void OnReset() {}      // What it said since may be lost: say it again.
  virtual void OnLost(const TopicPartition& /*from*/) {}
  // A shard found that the disk lied, and is closed. Ok when opening it again will mend it.
  virtual Status OnCorrupt(const TopicPartition& /*from*/, const Status& found) { return found; }
  // Asked before the worker joins its group: why it can't work now, else Ok.
  virtual Status Ready() { return Status::Ok(); }
  // Something of this worker's own into its transaction, by which others know whose it is. May run
  // on another thread beside the rest.
  virtual Status Sign(Transaction& /*transaction*/) { return Status::Ok(); }
};

}  // namespace bongsu
