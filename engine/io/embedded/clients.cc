#include "engine/io/embedded/clients.h"

#include "engine/base/strings.h"

namespace bongsu::embedded_internal {
namespace {

// A reader's call takes at most so many; `*at_end` says that there are more.
constexpr size_t kReaderRecords = 16384;

Status CheckStart(const Slot& slot, int64_t next) {
  if (next >= slot.first.load() && next <= slot.next.load()) return Status::Ok();
  return Status::Invalid(StrCat("embedded log: ", slot.name.topic, '[', slot.name.partition,
                                "] holds offsets ", slot.first.load(), " to ", slot.next.load() - 1,
                                ", reading cannot start at ", next,
                                "; records are lost or the state is of another log: set it aside"));
}

}  // namespace

EmbeddedTransaction::~EmbeddedTransaction() {
  if (done_) return;
  state_->pending.Clear();
  state_->open = false;
}

Status EmbeddedTransaction::Append(std::string_view topic, int32_t partition, std::string_view key,
                                   std::optional<std::string_view> value,
                                   std::span<const Header> headers) {
  BONGSU_CHECK(!done_);
  if (partition != last_partition_ || topic != last_topic_) {
    BONGSU_ASSIGN_OR_RETURN(last_slot_, core_.SlotOf(topic, partition));
    last_topic_.assign(topic);
    last_partition_ = partition;
  }
  BONGSU_ASSIGN_OR_RETURN(std::string encoded,
                          EncodeRecord(core_.clock().Now(), key, value, headers));
  state_->pending.outputs.push_back({last_slot_, std::move(encoded)});
  return Status::Ok();
}

bool EmbeddedTransaction::Join(const WriteBatch& batch) {
  BONGSU_CHECK(!done_);
  state_->pending.batch.Append(batch);
  return true;
}

Status EmbeddedTransaction::Save(Group* group, size_t slot, int64_t next) {
  BONGSU_CHECK(!done_);
  const Slot& from = core_.slot(slot);
  if (next < 0 || next > from.next.load()) {
    return Status::Invalid(StrCat("embedded log: group ", group->name, " cannot stand at ", next,
                                  " of ", from.name.topic, '[', from.name.partition,
                                  "], which ends at ", from.next.load()));
  }
  state_->pending.positions.push_back({group, slot, next});
  return Status::Ok();
}

Outcome EmbeddedTransaction::Commit(Duration /*timeout*/) {
  BONGSU_CHECK(!done_);
  done_ = true;
  state_->open = false;
  return core_.Commit(state_->id, state_->epoch, &state_->pending);
}

EmbeddedProducer::EmbeddedProducer(Core& core, std::string_view id)
    : core_(core), state_(std::make_shared<ProducerState>()) {
  state_->id = id;
  state_->epoch = core.OwnProducer(id);
}

Result<std::unique_ptr<Transaction>> EmbeddedProducer::Begin() {
  if (!core_.OwnsProducer(state_->id, state_->epoch)) {
    return Status::Fenced(StrCat("embedded log: another producer took over the id ", state_->id));
  }
  if (state_->open) {
    return Status::Invalid(StrCat("embedded log: producer ", state_->id,
                                  " has a transaction under way; commit or drop it first"));
  }
  state_->open = true;
  return std::unique_ptr<Transaction>(std::make_unique<EmbeddedTransaction>(core_, state_));
}

EmbeddedConsumer::EmbeddedConsumer(Core& core, std::string group, std::string member,
                                   std::vector<size_t> slots)
    : core_(core), name_(std::move(group)), member_(std::move(member)) {
  for (const size_t slot : slots) partitions_.push_back({slot});
}

EmbeddedConsumer::~EmbeddedConsumer() {
  if (group_ != nullptr) core_.LeaveGroup(group_);
}

Status EmbeddedConsumer::Join() {
  if (group_ != nullptr) return Status::Ok();
  std::vector<size_t> slots;
  for (const Partition& partition : partitions_) slots.push_back(partition.slot);
  BONGSU_ASSIGN_OR_RETURN(group_, core_.JoinGroup(name_, member_, slots));
  return Status::Ok();
}

Result<AssignmentChange> EmbeddedConsumer::PollAssignment(Duration /*timeout*/) {
  if (group_ == nullptr) {
    return Status::Invalid(StrCat("embedded log: member ", member_, " of group ", name_,
                                  " has not joined; call Join first"));
  }
  AssignmentChange change;
  if (announced_) return change;
  announced_ = true;
  for (const Partition& partition : partitions_) {
    change.gained.push_back(core_.slot(partition.slot).name);
  }
  return change;
}

Result<EmbeddedConsumer::Partition*> EmbeddedConsumer::Find(const TopicPartition& from) {
  if (announced_) {
    for (Partition& partition : partitions_) {
      if (core_.slot(partition.slot).name == from) return &partition;
    }
  }
  return Status::Invalid(StrCat("embedded log: group ", name_, " does not own ", from.topic, '[',
                                from.partition, ']'));
}

const EmbeddedConsumer::Partition* EmbeddedConsumer::Reading(const TopicPartition& from) const {
  for (const Partition& partition : partitions_) {
    if (partition.assigned && core_.slot(partition.slot).name == from) return &partition;
  }
  return nullptr;
}

Result<std::vector<CommittedPosition>> EmbeddedConsumer::Committed(
    std::span<const TopicPartition> from, Duration /*timeout*/) {
  std::vector<CommittedPosition> positions;
  for (const TopicPartition& each : from) {
    BONGSU_ASSIGN_OR_RETURN(const Partition* partition, Find(each));
    const int64_t position = core_.PositionOf(*group_, partition->slot);
    positions.push_back(
        {true, position < 0 ? std::optional<int64_t>() : std::optional<int64_t>(position)});
  }
  return positions;
}

Status EmbeddedConsumer::Assign(const TopicPartition& from, std::optional<int64_t> next) {
  BONGSU_ASSIGN_OR_RETURN(Partition * partition, Find(from));
  const Slot& slot = core_.slot(partition->slot);
  const int64_t start = next ? *next : slot.first.load();
  BONGSU_RETURN_IF_ERROR(CheckStart(slot, start));
  partition->next = start;
  partition->assigned = true;
  return Status::Ok();
}

Status EmbeddedConsumer::Poll(const TopicPartition& from, size_t max, Duration timeout,
                              RecordBatch* batch) {
  BONGSU_ASSIGN_OR_RETURN(Partition * partition, Find(from));
  auto& records = static_cast<EmbeddedBatch&>(*batch);
  records.Clear();
  if (!partition->assigned) {
    return Status::Invalid(StrCat("embedded log: ", from.topic, '[', from.partition,
                                  "] is not being read; call Assign first"));
  }
  const Slot& slot = core_.slot(partition->slot);
  if (timeout > Duration::zero() && slot.next.load() <= partition->next) {
    core_.WaitUntil(timeout, [&] { return slot.next.load() > partition->next; });
  }
  return core_.Read(partition->slot, max, &partition->next, &records);
}

void EmbeddedConsumer::Wait(Duration timeout) {
  core_.WaitUntil(timeout, [this] {
    for (const Partition& partition : partitions_) {
      if (partition.assigned && core_.slot(partition.slot).next.load() > partition.next)
        return true;
    }
    return false;
  });
}

bool EmbeddedConsumer::AtEnd(const TopicPartition& from) const {
  const Partition* partition = Reading(from);
  return partition != nullptr && partition->next >= core_.slot(partition->slot).next.load();
}

int64_t EmbeddedConsumer::Lag(const TopicPartition& from) const {
  const Partition* partition = Reading(from);
  return partition == nullptr ? 0 : core_.slot(partition->slot).next.load() - partition->next;
}

Status EmbeddedConsumer::SavePositions(Transaction& transaction,
                                       std::span<const Position> positions) {
  auto* mine = dynamic_cast<EmbeddedTransaction*>(&transaction);
  if (mine == nullptr || &mine->core() != &core_) {
    return Status::Invalid(StrCat("embedded log: positions of group ", name_,
                                  " can only be saved in a transaction of the same log"));
  }
  for (const Position& position : positions) {
    BONGSU_ASSIGN_OR_RETURN(const Partition* partition, Find(position.from));
    BONGSU_RETURN_IF_ERROR(mine->Save(group_, partition->slot, position.next));
  }
  return Status::Ok();
}

Status EmbeddedReader::Poll(Duration /*timeout*/, RecordBatch* batch, bool* at_end) {
  const Slot& slot = core_.slot(slot_);
  const int64_t end = slot.next.load();
  BONGSU_RETURN_IF_ERROR(
      core_.Read(slot_, kReaderRecords, &next_, static_cast<EmbeddedBatch*>(batch)));
  *at_end = next_ >= end;
  return Status::Ok();
}

}  // namespace bongsu::embedded_internal
