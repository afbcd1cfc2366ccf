// The group member of the client.
#include <algorithm>

#include "tests/simulator/client_parts.h"

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;

class SimConsumer final : public Consumer, public SimMember {
 public:
  SimConsumer(SimLog& log, std::string group, std::string instance,
              std::span<const std::string> topics)
      : log_(log),
        name_(std::move(group)),
        instance_(std::move(instance)),
        topics_(topics.begin(), topics.end()),
        keeps_lost_(log.mutant() == Mutant::kKeepsLost) {}
  ~SimConsumer() override {
    StopReading();
    if (!log_.awaits().dead() && id_ != 0) group_().Close(id_);
  }

  Status Join() override {
    joined_ = true;
    return Status::Ok();
  }
  Result<AssignmentChange> PollAssignment(Duration timeout) override;
  Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                   Duration timeout) override;
  Status Assign(const TopicPartition& from, std::optional<int64_t> next) override;
  Status Poll(const TopicPartition& from, size_t max, Duration timeout,
              RecordBatch* batch) override;
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<SimBatch>(); }
  void Wait(Duration timeout) override { log_.world().Sleep(timeout, true); }
  bool AtEnd(const TopicPartition& from) const override {
    const auto read = reads_.find(from);
    return read != reads_.end() && read->second.at_end();
  }
  int64_t Lag(const TopicPartition& from) const override {
    const auto read = reads_.find(from);
    return read == reads_.end() ? 0 : read->second.lag();
  }
  Status SavePositions(Transaction& transaction, std::span<const Position> positions) override {
    BONGSU_RETURN_IF_ERROR(log_.awaits().Before(Point::kSavePositions));
    auto* const takes = dynamic_cast<TakesPositions*>(&transaction);
    BONGSU_CHECK(takes != nullptr);
    takes->AddPositions(*this, positions);
    return Status::Ok();
  }

  const std::string& group() const override { return name_; }
  const std::string& instance() const override { return instance_; }
  int64_t id() const override { return id_; }
  int generation() const override { return generation_; }

 private:
  Group& group_() { return log_.broker().group(name_); }
  Status Talk(AssignmentChange* change);
  void JoinGroup();
  void Revoke(AssignmentChange* change);
  void Gain(const std::vector<TopicPartition>& assigned, AssignmentChange* change);
  CommittedPosition PositionOf(const TopicPartition& of);
  void StopReading();

  SimLog& log_;
  const std::string name_, instance_;
  const std::vector<std::string> topics_;
  const bool keeps_lost_;
  bool joined_ = false;
  int64_t id_ = 0;
  int generation_ = -1;
  std::optional<Timestamp> told_at_;  // When a heartbeat tells that it was expelled.
  std::vector<TopicPartition> owned_, untold_;
  std::map<TopicPartition, Cursor> reads_;
};

Result<AssignmentChange> SimConsumer::PollAssignment(Duration timeout) {
  BONGSU_CHECK(joined_);
  BONGSU_RETURN_IF_ERROR(log_.awaits().Before(Point::kPollAssignment));
  World& world = log_.world();
  const Timestamp deadline = world.now() + timeout;
  const bool wait = owned_.empty();
  for (;;) {
    AssignmentChange change;
    if (log_.broker().up()) BONGSU_RETURN_IF_ERROR(Talk(&change));
    if (!change.empty() || !wait || world.now() >= deadline) return change;
    world.Sleep(std::min<Duration>(deadline - world.now(), milliseconds(20)), true);
    if (log_.awaits().dead()) return Status::Internal("simulated: this process is dead");
  }
}

// What librdkafka does in the background, as far as it waits for the application to poll.
Status SimConsumer::Talk(AssignmentChange* change) {
  Group& group = group_();
  World& world = log_.world();
  if (id_ == 0) JoinGroup();
  const Group::Member* member = group.Find(id_);
  if (member == nullptr) {
    if (group.FindInstance(instance_) != nullptr) {
      return Status::Fenced(StrCat("simulated: another member is called ", instance_));
    }
    if (!told_at_) {
      told_at_ = world.now() + (world.Chance(0.3) ? world.Between(Duration(0), milliseconds(1500))
                                                  : world.Between(Duration(0), milliseconds(20)));
    }
    if (world.now() < *told_at_) return Status::Ok();
    world.Trace("hears that it was expelled from ", name_);
    Revoke(change);
    JoinGroup();
  } else if (!group.stable() && !member->rejoined && world.now() >= member->notice_at) {
    Revoke(change);
    group.Rejoin(id_);
  }
  member = group.Find(id_);
  if (member != nullptr && group.stable() && generation_ != group.generation() &&
      world.now() >= member->sync_at) {
    generation_ = group.generation();
    Gain(member->assigned, change);
  }
  return Status::Ok();
}

void SimConsumer::JoinGroup() {
  told_at_.reset();
  generation_ = -1;
  id_ = group_().Join(log_.awaits().host(), instance_, topics_);
}

void SimConsumer::Revoke(AssignmentChange* change) {
  generation_ = -1;
  if (keeps_lost_) {
    untold_ = owned_;
    return;
  }
  StopReading();
  log_.world().Trace("gives up what it had in ", name_);
  change->lost.insert(change->lost.end(), owned_.begin(), owned_.end());
  owned_.clear();
}

void SimConsumer::Gain(const std::vector<TopicPartition>& assigned, AssignmentChange* change) {
  const auto has = [](const std::vector<TopicPartition>& all, const TopicPartition& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const TopicPartition& gained : assigned) {
    if (!has(untold_, gained)) change->gained.push_back(gained);
  }
  for (const TopicPartition& lost : untold_) {
    if (has(assigned, lost)) continue;
    change->lost.push_back(lost);
    reads_.erase(lost);
  }
  untold_.clear();
  owned_ = assigned;
}

void SimConsumer::StopReading() {
  for (const auto& [from, cursor] : reads_) log_.hooks().on_reading(from, false);
  reads_.clear();
}

CommittedPosition SimConsumer::PositionOf(const TopicPartition& of) {
  Group& group = group_();
  if (!group.Settled(of)) return {};
  CommittedPosition position{true, group.Position(of)};
  if (position.next && log_.broker().Denies(of)) {
    log_.world().Trace("is told that there is no position in ", of.topic, '-', of.partition);
    position.next.reset();
    if (log_.mutant() == Mutant::kNoneIsNew) log_.answered[of] = std::nullopt;
  } else if (position.next) {
    log_.answered[of] = position.next;
  }
  if (!position.next && log_.mutant() == Mutant::kNoneIsZero) position.next = 0;
  return position;
}

Result<std::vector<CommittedPosition>> SimConsumer::Committed(std::span<const TopicPartition> from,
                                                              Duration timeout) {
  World& world = log_.world();
  const Timestamp deadline = world.now() + timeout;
  const Status asked = log_.awaits().Before(Point::kCommitted);
  if (log_.awaits().dead()) return asked;
  std::vector<CommittedPosition> positions(from.size());
  while (asked.ok()) {
    bool all = log_.broker().up();
    for (size_t i = 0; i < from.size() && log_.broker().up(); ++i) {
      if (!positions[i].known) positions[i] = PositionOf(from[i]);
      all &= positions[i].known;
    }
    if (all || world.now() >= deadline) break;
    world.Sleep(std::min<Duration>(deadline - world.now(), milliseconds(20)), true);
    if (log_.awaits().dead()) return Status::Internal("simulated: this process is dead");
  }
  return positions;
}

Status SimConsumer::Assign(const TopicPartition& from, std::optional<int64_t> next) {
  BONGSU_RETURN_IF_ERROR(log_.Request(Point::kAssign, std::chrono::seconds(5)));
  if (std::find(owned_.begin(), owned_.end(), from) == owned_.end()) {
    return Status::Fenced(StrCat("simulated: ", from.topic, '-', from.partition,
                                 " is not assigned to this member any more"));
  }
  reads_.erase(from);
  reads_.emplace(from, Cursor(log_, from, next.value_or(log_.broker().log(from).start())));
  log_.hooks().on_reading(from, true);
  log_.world().Trace("reads ", from.topic, '-', from.partition, " from ", next.value_or(-1));
  return Status::Ok();
}

Status SimConsumer::Poll(const TopicPartition& from, size_t max, Duration, RecordBatch* out) {
  auto* const batch = dynamic_cast<SimBatch*>(out);
  BONGSU_CHECK(batch != nullptr);
  batch->Clear();
  BONGSU_RETURN_IF_ERROR(log_.awaits().Before(Point::kPoll));
  const auto read = reads_.find(from);
  if (read == reads_.end()) {
    return Status::Fenced(
        StrCat("simulated: ", from.topic, '-', from.partition, " is not being read"));
  }
  World& world = log_.world();
  if (!log_.broker().up() || world.Chance(0.1)) return Status::Ok();
  if (std::exchange(log_.refetch, false)) {
    world.Trace("is given again what it had of ", from.topic, '-', from.partition);
    read->second.GoBack(world.Between(1, 20));
  }
  const auto fetched = static_cast<size_t>(world.Between(1, 40));
  return read->second.Read(std::min(max, fetched), batch);
}

}  // namespace

std::unique_ptr<Consumer> NewSimConsumer(SimLog& log, std::string group, std::string member,
                                         std::span<const std::string> topics) {
  return std::make_unique<SimConsumer>(log, std::move(group), std::move(member), topics);
}

}  // namespace bongsu::sim
