#include "tests/simulator/client.h"

#include <algorithm>

#include "tests/simulator/client_parts.h"

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kRequest = seconds(2);

}  // namespace

void SimBatch::Clear() {
  records_.clear();
  headers_.clear();
  kept_.clear();
}

void SimBatch::Add(int64_t offset, Timestamp time, std::shared_ptr<const Payload> payload) {
  Record record;
  record.offset = offset;
  record.timestamp = time;
  record.key = payload->key;
  if (payload->value) record.value = *payload->value;
  std::vector<Header>& headers = headers_.emplace_back();
  for (const auto& [name, value] : payload->headers) headers.push_back({name, value});
  record.headers = headers;  // Its buffer stays where it is when headers_ grows.
  records_.push_back(record);
  kept_.push_back(std::move(payload));
}

void SimBatch::Replace(int64_t offset, std::shared_ptr<const Payload> payload) {
  for (size_t i = 0; i < records_.size(); ++i) {
    if (records_[i].offset != offset) continue;
    records_[i].key = payload->key;
    records_[i].value = *payload->value;
    kept_.push_back(std::move(payload));
    return;
  }
}

Status SimLog::Request(Point point, Duration timeout) {
  BONGSU_RETURN_IF_ERROR(awaits_.Before(point));
  return AwaitBroker(timeout);
}

Status SimLog::AwaitBroker(Duration timeout) {
  const Timestamp deadline = world().now() + timeout;
  while (!broker_.up() && world().now() < deadline) {
    if (awaits_.dead()) return Status::Internal("simulated: this process is dead");
    world().Sleep(milliseconds(50));
  }
  return broker_.up() ? Status::Ok() : Status::Unavailable("simulated: no broker answers");
}

Result<std::unique_ptr<Consumer>> SimLog::NewConsumer(std::string_view group,
                                                      std::string_view member,
                                                      std::span<const std::string> topics) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kNewConsumer, kRequest));
  return NewSimConsumer(*this, std::string(group), std::string(member), topics);
}

Result<std::unique_ptr<Producer>> SimLog::NewProducer(std::string_view id) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kNewProducer, seconds(5)));
  return NewSimProducer(*this, std::string(id));
}

Result<std::unique_ptr<Producer>> SimLog::NewPlainProducer() {
  BONGSU_RETURN_IF_ERROR(Request(Point::kNewProducer, seconds(5)));
  return NewSimPlainProducer(*this);
}

Result<int32_t> SimLog::Partitions(std::string_view topic) {
  const std::optional<int32_t> partitions = broker_.Partitions(std::string(topic));
  if (!partitions) return Status::NotFound(StrCat("simulated: no topic ", topic));
  return *partitions;
}

Result<LogOffsets> SimLog::Offsets(const TopicPartition& of) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kOffsets, kRequest));
  const PartitionLog& log = broker_.log(of);
  return LogOffsets{log.start(), log.stable_end(), log.end()};
}

Result<std::optional<OpenTransaction>> SimLog::FindOpenTransaction(const TopicPartition& of) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kFindOpen, kRequest));
  const Entry* const open = broker_.log(of).FirstOpen();
  if (open == nullptr) return std::optional<OpenTransaction>();
  return std::optional<OpenTransaction>(
      {open->offset, std::string(open->payload->Header("transactional.id"))});
}

Result<GroupView> SimLog::Describe(std::string_view name) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kDescribe, kRequest));
  const Group& group = broker_.group(std::string(name));
  GroupView view;
  view.stable = group.stable();
  for (const Group::Member& member : group.members()) {
    if (mutant_ == Mutant::kEndsLivingOwners && member.host != &awaits_.host()) continue;
    view.members.push_back({member.instance, member.assigned});
  }
  view.stable |= mutant_ == Mutant::kEndsLivingOwners;
  return view;
}

Status Cursor::Read(size_t max, SimBatch* batch) {
  const PartitionLog& log = log_.broker().log(from_);
  if (next_ < log.start() || next_ > log.end()) {
    std::string why =
        StrCat("simulated: ", from_.topic, '-', from_.partition, ": the next offset to read is ",
               next_, ", but the log holds ", log.start(), " to ", log.end());
    return next_ == started_ ? Status::Invalid(std::move(why)) : Status::Unavailable(why);
  }
  const int64_t stable = log.stable_end();
  const std::vector<Entry>& entries = log.entries();
  size_t at = log.IndexOf(next_);
  for (; at < entries.size() && entries[at].offset < stable && batch->size() < max; ++at) {
    const Entry& entry = entries[at];
    next_ = entry.offset + 1;
    if (entry.kind == Entry::Kind::kCommitted) batch->Add(entry.offset, entry.time, entry.payload);
  }
  const bool all = at == entries.size() || entries[at].offset >= stable;
  if (all) next_ = std::max(next_, stable);
  at_end_ = all;
  return Status::Ok();
}

void Cursor::GoBack(int64_t records) {
  next_ = std::max(next_ - records, log_.broker().log(from_).start());
}

int64_t Cursor::lag() const {
  return std::max<int64_t>(log_.broker().log(from_).stable_end() - next_, 0);
}

namespace {

class SimReader final : public Reader {
 public:
  SimReader(SimLog& log, TopicPartition from, int64_t next)
      : log_(log), from_(from), cursor_(log, std::move(from), next) {}

  Status Poll(Duration timeout, RecordBatch* out, bool* at_end) override {
    auto* const batch = dynamic_cast<SimBatch*>(out);
    BONGSU_CHECK(batch != nullptr);
    batch->Clear();
    *at_end = false;
    BONGSU_RETURN_IF_ERROR(log_.awaits().Before(Point::kReaderPoll));
    World& world = log_.world();
    const Timestamp deadline = world.now() + timeout;
    for (;;) {
      // What was asked for in the background has come, or not yet.
      if (log_.broker().up() && !world.Chance(0.2)) {
        BONGSU_RETURN_IF_ERROR(cursor_.Read(static_cast<size_t>(world.Between(1, 100)), batch));
        *at_end = cursor_.at_end();
      }
      if (*at_end || batch->size() > 0 || world.now() >= deadline) break;
      world.Sleep(std::min<Duration>(deadline - world.now(), milliseconds(10)));
      if (log_.awaits().dead()) return Status::Internal("simulated: this process is dead");
    }
    return MutateRead(log_, from_, batch, at_end);
  }
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<SimBatch>(); }
  int64_t next() const override { return cursor_.next(); }

 private:
  SimLog& log_;
  const TopicPartition from_;
  Cursor cursor_;
};

}  // namespace

Result<std::unique_ptr<Reader>> SimLog::NewReader(const TopicPartition& from, int64_t next) {
  BONGSU_RETURN_IF_ERROR(Request(Point::kNewReader, kRequest));
  const int64_t begin = next > 0 ? next : broker_.log(from).start();
  return std::unique_ptr<Reader>(std::make_unique<SimReader>(*this, from, begin));
}

}  // namespace bongsu::sim
