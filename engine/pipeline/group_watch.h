// Looks after the scoring group from within one process, beside its workers:
// - partitions that nobody owns although the group is stable are told of and, after two session
//   time-outs, a member that comes and goes makes the group assign anew;
// - as a warm standby it follows the changelogs of the partitions that this process would get if
//   others were lost, so that a takeover reads only the tail.
// One thread of its own calls Step; stores are shared with the workers through the StoreKeeper.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/metrics.h"
#include "engine/core/state.h"
#include "engine/pipeline/restore.h"

namespace bongsu {

class GroupWatch {
 public:
  struct Options {
    std::string group, instance;
    std::string input, changelog;  // Topics.
    int32_t partitions = 1;
    int standby = 0;  // How many lost instances to be ready for.
    Duration session_timeout = std::chrono::seconds(6);
    uint64_t cluster = 0;  // Hash64 of Log::Identity.
  };
  struct Environment {
    // As of ScoreEnvironment.
    std::function<Result<std::unique_ptr<StateStore>>(const TopicPartition&)> open_store;
    std::function<Status(const TopicPartition&)> set_aside;
    // A worker waits for a store that is followed.
    std::function<bool(const TopicPartition&)> wanted;
    std::function<void(std::string_view message)> notify;
    // Empty: all is well.
    std::function<void(std::string_view reason)> report;
  };
  GroupWatch(Options options, Environment environment, Log& log, Metrics& metrics,
             const Clock& clock);
  ~GroupWatch();

  // One round; what fails is tried again in a later one.
  void Step();
  // Partitions that are being followed.
  size_t following() const { return followed_.size(); }

 private:
  struct Followed {
    std::unique_ptr<StateStore> store;
    std::unique_ptr<Restore> restore;
  };
  void Look();
  void CheckOwners(const GroupView& group);
  bool AssignAnew();
  void Plan(const GroupView& group);
  Status Begin(int32_t partition);
  Status SetAside(const TopicPartition& from, std::string_view why);

  const Options options_;
  const Environment environment_;
  Log& log_;
  Metrics& metrics_;
  const Clock& clock_;
  std::map<int32_t, Followed> followed_;
  Timestamp last_look_{};
  std::optional<Timestamp> orphaned_since_;
  std::unique_ptr<Consumer> visitor_;  // Makes the group assign anew by coming and going.
  Timestamp visit_ends_{};
};

}  // namespace bongsu
