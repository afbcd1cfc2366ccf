// What consumers, producers and readers of one embedded log share: the topics, the end of each
// partition, the positions of the groups, and the one place where a transaction becomes visible.
// Thread-safe.
//
// Commits run one after the other. A partition's records count from `first` to before `next`;
// `next` moves only after the database has taken the batch, so a reader sees all of a transaction
// or nothing.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "engine/io/embedded/batch.h"
#include "engine/io/embedded/embedded_log.h"
#include "engine/io/embedded/record_codec.h"

namespace bongsu::embedded_internal {

struct Slot {  // One partition.
  TopicPartition name;
  Place place;
  bool trim = false;
  bool compact = false;
  std::atomic<int64_t> next{0};   // The offset after the last committed record.
  std::atomic<int64_t> first{0};  // What lies before has been trimmed.
};

struct Group {
  std::string name;
  std::string member;              // Who reads now; empty when nobody does.
  std::vector<int64_t> positions;  // By slot.
};
inline constexpr int64_t kNoPosition = -1;  // Reads the partition, has saved nothing yet.
inline constexpr int64_t kNotReading = -2;

// Everything a transaction wants to make durable.
struct Pending {
  struct Output {
    size_t slot;
    std::string encoded;
  };
  struct Saved {
    Group* group;
    size_t slot;
    int64_t next;
  };
  WriteBatch batch;  // Joined state; the rest is added at commit.
  std::vector<Output> outputs;
  std::vector<Saved> positions;
  void Clear();
};

// kInvalid unless `name` may be part of a key; `what` is a topic or a group.
Status CheckName(std::string_view what, std::string_view name);

class Core final {
 public:
  Core(KeyValueStore& store, const Clock& clock) : store_(store), clock_(clock) {}
  Status Open(std::vector<EmbeddedTopic> topics);

  // kNotFound with the remedy.
  Result<size_t> SlotOf(std::string_view topic, int32_t partition) const;
  Result<int32_t> Partitions(std::string_view topic) const;
  const Slot& slot(size_t index) const { return slots_[index]; }
  KeyValueStore& store() { return store_; }
  const Clock& clock() const { return clock_; }

  // The group with this member in it, reading `slots`; kInvalid when it has a member already.
  Result<Group*> JoinGroup(std::string_view group, std::string_view member,
                           const std::vector<size_t>& slots);
  void LeaveGroup(Group* group);
  int64_t PositionOf(const Group& group, size_t slot) const;

  // Makes this the owner of the producer `id`; the number tells it from earlier owners.
  uint64_t OwnProducer(std::string_view id);
  bool OwnsProducer(const std::string& id, uint64_t epoch) const;

  // Empties `pending` whatever comes out.
  Outcome Commit(const std::string& producer, uint64_t epoch, Pending* pending);
  Status last_failure() const;

  // Appends records from `*next` on, at most `max` and about 8 MiB, and moves `*next` behind them.
  Status Read(size_t slot, size_t max, int64_t* next, EmbeddedBatch* batch);
  // Waits until `ready`, asked after every commit, or until the time is over.
  void WaitUntil(Duration timeout, const std::function<bool()>& ready);

 private:
  struct Topic {
    std::string name;
    size_t first_slot = 0;
    int32_t partitions = 0;
  };
  struct Stored {
    uint16_t number;
    int32_t partitions;
  };
  using StoredTopics = std::map<std::string, Stored, std::less<>>;
  struct Moved {  // A partition that a commit changes.
    size_t slot;
    int64_t next, first;
  };

  Status CheckFormat(WriteBatch* batch);
  Result<StoredTopics> LoadTopics();
  // The number of a topic, old or new; a new one goes into `batch`.
  Result<uint16_t> NumberOf(const EmbeddedTopic& topic, StoredTopics* stored, WriteBatch* batch);
  Status LoadBounds();
  Status LoadGroups();
  Status DropTrimmed();
  Status IndexCompacted();
  Status IndexSlot(const Slot& slot);
  Moved& MovedOf(size_t slot);
  Status AddRecords(Pending* pending);
  // The record at `offset` becomes the newest of its key; the one before goes.
  Status Compact(const Slot& slot, std::string_view encoded, int64_t offset, WriteBatch* batch);
  void AddPositions(Pending* pending);
  void ApplyCommitted(const Pending& pending);
  int64_t PassedByAll(size_t slot, const Pending& pending) const;

  KeyValueStore& store_;
  const Clock& clock_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::unique_ptr<Slot[]> slots_;
  size_t slot_count_ = 0;

  mutable std::mutex
      mutex_;  // Guards everything below but the waiting; held while a commit writes.
  std::map<std::string, Group, std::less<>> groups_;
  std::map<std::string, uint64_t, std::less<>> producers_;
  std::vector<Moved> moved_;
  std::map<std::string, int64_t> newest_;  // Index entries of the commit under way.
  Status last_failure_;

  std::mutex wait_mutex_;
  std::condition_variable committed_;
};

}  // namespace bongsu::embedded_internal
