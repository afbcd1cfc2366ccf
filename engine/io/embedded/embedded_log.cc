#include "engine/io/embedded/embedded_log.h"

#include <utility>

#include "engine/base/strings.h"
#include "engine/io/embedded/clients.h"
#include "engine/io/embedded/core.h"

namespace bongsu {

using embedded_internal::Core;

EmbeddedLog::EmbeddedLog(std::unique_ptr<Core> core) : core_(std::move(core)) {}
EmbeddedLog::~EmbeddedLog() = default;

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Make(KeyValueStore& store,
                                                       std::vector<EmbeddedTopic> topics,
                                                       const Clock& clock) {
  auto core = std::make_unique<Core>(store, clock);
  BONGSU_RETURN_IF_ERROR(core->Open(std::move(topics)));
  return std::unique_ptr<EmbeddedLog>(new EmbeddedLog(std::move(core)));
}

Result<std::unique_ptr<Consumer>> EmbeddedLog::NewConsumer(std::string_view group,
                                                           std::string_view member,
                                                           std::span<const std::string> topics) {
  BONGSU_RETURN_IF_ERROR(embedded_internal::CheckName("group", group));
  std::vector<size_t> slots;
  for (const std::string& topic : topics) {
    BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, core_->Partitions(topic));
    BONGSU_ASSIGN_OR_RETURN(const size_t first, core_->SlotOf(topic, 0));
    for (int32_t p = 0; p < partitions; ++p) slots.push_back(first + static_cast<size_t>(p));
  }
  return std::unique_ptr<Consumer>(std::make_unique<embedded_internal::EmbeddedConsumer>(
      *core_, std::string(group), std::string(member), std::move(slots)));
}

Result<std::unique_ptr<Producer>> EmbeddedLog::NewProducer(std::string_view id) {
  if (id.empty()) return Status::Invalid("embedded log: a producer needs an id that is not empty");
  return std::unique_ptr<Producer>(
      std::make_unique<embedded_internal::EmbeddedProducer>(*core_, id));
}

Result<std::unique_ptr<Reader>> EmbeddedLog::NewReader(const TopicPartition& from, int64_t next) {
  BONGSU_ASSIGN_OR_RETURN(const size_t slot, core_->SlotOf(from.topic, from.partition));
  const int64_t first = core_->slot(slot).first.load();
  if (next < 0 || (next > 0 && next < first)) {
    return Status::Invalid(StrCat("embedded log: ", from.topic, '[', from.partition, "] begins at ",
                                  first, ", not at ", next, "; read from 0 for the beginning"));
  }
  return std::unique_ptr<Reader>(
      std::make_unique<embedded_internal::EmbeddedReader>(*core_, slot, next == 0 ? first : next));
}

Result<int32_t> EmbeddedLog::Partitions(std::string_view topic) {
  return core_->Partitions(topic);
}

Result<LogOffsets> EmbeddedLog::Offsets(const TopicPartition& of) {
  BONGSU_ASSIGN_OR_RETURN(const size_t slot, core_->SlotOf(of.topic, of.partition));
  const int64_t end = core_->slot(slot).next.load();
  return LogOffsets{core_->slot(slot).first.load(), end, end};
}

Result<GroupView> EmbeddedLog::Describe(std::string_view) {
  return GroupView{true, {}};
}

KeyValueStore* EmbeddedLog::shared_store() {
  return &core_->store();
}

Status EmbeddedLog::last_failure() const {
  return core_->last_failure();
}

}  // namespace bongsu
