// The steps of a commit, apart from the rest of the producer: which error means what is all there
// is to it.
#include <spdlog/spdlog.h>

#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/io/kafka/producer.h"

namespace bongsu::kafka {
namespace {

constexpr Duration kSettleTimeout = std::chrono::seconds(2);
// After one that took longer, an answer that nobody waits for any more may still be under way.
constexpr Duration kSlowCommit = std::chrono::seconds(1);

}  // namespace

ProducerTransaction::~ProducerTransaction() {
  if (!done_) (void)GiveUp();
  producer_->open_ = false;
}

Status ProducerTransaction::Append(std::string_view topic, int32_t partition, std::string_view key,
                                   std::optional<std::string_view> value,
                                   std::span<const Header> headers) {
  BONGSU_CHECK(!done_);
  const auto append = [&]() -> Status {
    BONGSU_ASSIGN_OR_RETURN(const auto* known, producer_->FindTopic(topic));
    const int32_t target = partition < 0 ? PartitionOf(key, known->partitions) : partition;
    if (target >= known->partitions) {
      return Status::Invalid(StrCat("kafka: ", topic, " has ", known->partitions,
                                    " partitions, so there is no partition ", target,
                                    "; run: bongsu topics check"));
    }
    return producer_->Send(*known, target, key, value, headers);
  };
  Status status = append();
  if (!status.ok()) failure_ = status.code();
  return status;
}

// An abort that overtakes the registration of the partitions is a fatal error to librdkafka, so
// what was appended is sent first; unless librdkafka itself has failed the transaction and sends no
// more.
Outcome ProducerTransaction::GiveUp() {
  if (failure_ == Code::kOk || failure_ == Code::kInvalid || failure_ == Code::kNotFound) {
    (void)rd_kafka_flush(producer_->client_->get(), Deadline(kSettleTimeout).LeftMs());
  }
  return producer_->Abort();
}

void ProducerTransaction::AddPositions(GroupMetadata group, std::span<const Position> positions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), position.from.topic.c_str(),
                                      position.from.partition)
        ->offset = position.next;
  }
  positions_.push_back({std::move(group), std::move(list)});
}

Outcome ProducerTransaction::Commit(Duration timeout) {
  BONGSU_CHECK(!done_);
  done_ = true;
  const Deadline deadline(timeout);
  if (failure_ != Code::kOk) {
    producer_->open_ = false;
    return GiveUp();
  }
  Step step = Flush(deadline);
  if (producer_->plain()) {
    producer_->open_ = false;
    return step == Step::kDone ? Outcome::kCommitted : Outcome::kUnknown;
  }
  FAULT("before_positions");
  if (step == Step::kDone) step = SendPositions(deadline);
  FAULT("before_commit");
  if (step == Step::kDone) step = Finish(deadline);
  producer_->open_ = false;
  switch (step) {
    case Step::kDone:
      producer_->client_->health().Up();
      return Outcome::kCommitted;
    case Step::kAbort:
      return producer_->Abort();
    case Step::kUnknown:
      producer_->dead_ = true;
      return Outcome::kUnknown;
    case Step::kDead:
      break;
  }
  return dead_outcome_;
}

std::optional<int64_t> ProducerTransaction::NextOffset(std::string_view topic,
                                                       int32_t partition) const {
  const auto known = producer_->topics_.find(topic);
  if (known == producer_->topics_.end() || partition < 0 || partition >= known->second.partitions) {
    return std::nullopt;
  }
  const int64_t last = known->second.last[static_cast<size_t>(partition)];
  return last < 0 ? std::nullopt : std::optional<int64_t>(last + 1);
}

// Takes `error`; null is success. A call that librdkafka would have made again, to go on where it
// was, is not: it may take the late answer to one step for that to another, and report a commit
// that never was. Opening again tells.
ProducerTransaction::Step ProducerTransaction::Examine(std::string_view step,
                                                       rd_kafka_error_t* error) {
  rd_kafka_poll(producer_->client_->get(), 0);
  if (error == nullptr) return Step::kDone;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  const std::string text = rd_kafka_error_string(error);
  const bool fatal = rd_kafka_error_is_fatal(error);
  const bool abort = rd_kafka_error_txn_requires_abort(error);
  const bool unanswered = rd_kafka_error_is_retriable(error) && !fatal && !abort;
  rd_kafka_error_destroy(error);
  if (unanswered) {
    spdlog::warn("kafka: producer \"{}\": {}: {}; opening again tells", producer_->id_, step, text);
    return Step::kUnknown;
  }
  if (abort && !fatal) {
    spdlog::info("kafka: producer \"{}\": {}: {}; the batch is run again", producer_->id_, step,
                 text);
    return Step::kAbort;
  }
  dead_outcome_ = producer_->Dead(step, code, text);
  return Step::kDead;
}

// Before the positions, so that who finds a position held by this transaction also finds a record
// of it.
ProducerTransaction::Step ProducerTransaction::Flush(const Deadline& deadline) {
  rd_kafka_t* const handle = producer_->client_->get();
  const rd_kafka_resp_err_t error = rd_kafka_flush(handle, deadline.LeftMs());
  const std::string failure = producer_->client_->TakeDeliveryError();
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && failure.empty()) return Step::kDone;
  if (Status fatal = producer_->client_->Fatal(); !fatal.ok()) {
    dead_outcome_ = producer_->Dead("flush", RD_KAFKA_RESP_ERR__FATAL, fatal.message());
    return Step::kDead;
  }
  spdlog::warn("kafka: producer \"{}\": flush: {}; the batch is run again", producer_->id_,
               failure.empty() ? rd_kafka_err2str(error) : failure.c_str());
  return Step::kAbort;
}

ProducerTransaction::Step ProducerTransaction::SendPositions(const Deadline& deadline) {
  for (const auto& [group, positions] : positions_) {
    const Step step = Examine("positions", rd_kafka_send_offsets_to_transaction(
                                               producer_->client_->get(), positions.get(),
                                               group.get(), std::max(deadline.LeftMs(), 1)));
    if (step != Step::kDone) return step;
  }
  return Step::kDone;
}

ProducerTransaction::Step ProducerTransaction::Finish(const Deadline& deadline) {
  const auto began = std::chrono::steady_clock::now();
  const Step step = Examine("commit", rd_kafka_commit_transaction(producer_->client_->get(),
                                                                  std::max(deadline.LeftMs(), 1)));
  producer_->stale_ |= std::chrono::steady_clock::now() - began > kSlowCommit;
  return step;
}

}  // namespace bongsu::kafka
