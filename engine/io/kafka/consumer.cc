#include "engine/io/kafka/consumer.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/strings.h"
#include "engine/io/kafka/producer.h"

namespace bongsu::kafka {
namespace {

constexpr Duration kFetchWait = std::chrono::milliseconds(100);
constexpr Duration kCloseTimeout = std::chrono::seconds(5);
constexpr uint64_t kMinQueueBytes = 256u << 10;

int64_t Millis(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

Properties MemberDefaults() {
  // Opening a partition may restore all of it before the worker comes back to PollAssignment; the
  // engine's own watchdog looks after workers that hang.
  return {{"max.poll.interval.ms", "1800000"},
          {"socket.nagle.disable", "true"},
          // Partitions that a source gets are read after seconds; the default is five minutes.
          {"topic.metadata.refresh.interval.ms", "10000"}};
}

Properties MemberOwned(const KafkaOptions& options, std::string_view group,
                       std::string_view member) {
  Properties owned = {
      {"group.id", std::string(group)},
      // Cooperative assignment with static members can leave a partition that nobody owns.
      {"partition.assignment.strategy", "range"},
      {"session.timeout.ms", StrCat(Millis(options.session_timeout))},
      // A member hears of a rebalance with a heartbeat: the next owner of a partition waits for it.
      {"heartbeat.interval.ms",
       StrCat(std::min<int64_t>(Millis(options.session_timeout) / 4, 500))},
      // Also makes the fetch of positions a stable one.
      {"isolation.level", "read_committed"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"allow.auto.create.topics", "false"},
  };
  if (!member.empty()) owned.emplace_back("group.instance.id", member);
  return owned;
}

}  // namespace

Result<std::unique_ptr<Consumer>> GroupConsumer::Make(
    const KafkaOptions& options, std::shared_ptr<BrokerHealth> health, std::string_view group,
    std::string_view member, std::span<const std::string> topics, int64_t all_partitions) {
  auto consumer = std::unique_ptr<GroupConsumer>(new GroupConsumer(options));
  consumer->topics_.assign(topics.begin(), topics.end());
  consumer->group_ = group;
  const uint64_t share =
      options.fetch_memory.bytes / static_cast<uint64_t>(std::max<int64_t>(all_partitions, 1));
  BONGSU_RETURN_IF_ERROR(
      consumer->Open(std::move(health), group, member, std::max(share, kMinQueueBytes)));
  return std::unique_ptr<Consumer>(std::move(consumer));
}

Status GroupConsumer::Open(std::shared_ptr<BrokerHealth> health, std::string_view group,
                           std::string_view member, uint64_t queue_bytes) {
  queue_bytes_ = queue_bytes;
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd_ < 0) return Status::Internal("kafka: no eventfd; raise the limit of open files");
  BONGSU_ASSIGN_OR_RETURN(member_,
                          Client::Make(RD_KAFKA_CONSUMER, options_, MemberDefaults(),
                                       MemberOwned(options_, group, member), health,
                                       [this](rd_kafka_resp_err_t error,
                                              const rd_kafka_topic_partition_list_t* partitions) {
                                         OnRebalance(error, partitions);
                                       }));
  BONGSU_ASSIGN_OR_RETURN(fetcher_,
                          Client::Make(RD_KAFKA_CONSUMER, options_, FetchDefaults(kFetchWait),
                                       FetchOwned(queue_bytes), std::move(health)));
  rd_kafka_poll_set_consumer(member_->get());
  member_queue_ = rd_kafka_queue_get_consumer(member_->get());
  constexpr uint64_t kOne = 1;
  rd_kafka_queue_io_event_enable(member_queue_, wake_fd_, &kOne, sizeof(kOne));
  return Status::Ok();
}

GroupConsumer::~GroupConsumer() {
  fetches_.clear();
  if (member_ != nullptr) Close();
  fetcher_.reset();
  if (wake_fd_ >= 0) close(wake_fd_);
}

// A static member does not leave its group by closing: within the session time-out it comes back to
// the same partitions.
void GroupConsumer::Close() {
  if (member_queue_ != nullptr) {
    rd_kafka_queue_io_event_enable(member_queue_, -1, nullptr, 0);
    const Deadline deadline(kCloseTimeout);
    if (rd_kafka_error_t* const error =
            rd_kafka_consumer_close_queue(member_->get(), member_queue_)) {
      rd_kafka_error_destroy(error);
    } else {
      while (!rd_kafka_consumer_closed(member_->get()) && !deadline.Passed()) {
        if (rd_kafka_event_t* const event = rd_kafka_queue_poll(member_queue_, 50)) {
          // Without a callback on this queue the last rebalance arrives as an event.
          if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
            rd_kafka_assign(member_->get(), nullptr);
          }
          rd_kafka_event_destroy(event);
        }
      }
      if (deadline.Passed()) spdlog::warn("kafka: the group member did not close in time");
    }
    rd_kafka_queue_destroy(member_queue_);
  }
  member_.reset();
}

Status GroupConsumer::Join() {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
  for (const std::string& topic : topics_) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(member_->get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(error, "joining the group");
  return Status::Ok();
}

// Runs inside ServeMember. The member itself reads nothing, so every rebalance is answered at once.
void GroupConsumer::OnRebalance(rd_kafka_resp_err_t error,
                                const rd_kafka_topic_partition_list_t* partitions) {
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    const PartitionList nothing(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(member_->get(), nothing.get());
    for (int i = 0; i < partitions->cnt; ++i) {
      // A static member that comes back with another subscription first gets what it had.
      if (std::find(topics_.begin(), topics_.end(), partitions->elems[i].topic) == topics_.end())
        continue;
      TopicPartition gained{partitions->elems[i].topic, partitions->elems[i].partition};
      owned_.push_back(gained);
      change_.gained.push_back(std::move(gained));
    }
    return;
  }
  rd_kafka_assign(member_->get(), nullptr);
  // Eager assignment takes everything back, whatever the list says.
  for (TopicPartition& lost : owned_) {
    fetches_.erase(lost);
    const auto untold = std::find(change_.gained.begin(), change_.gained.end(), lost);
    if (untold != change_.gained.end()) {
      change_.gained.erase(untold);
    } else {
      change_.lost.push_back(std::move(lost));
    }
  }
  owned_.clear();
}

Status GroupConsumer::ServeMember() {
  Status status = Status::Ok();
  for (int i = 0; i < 100; ++i) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(member_->get(), 0);
    if (message == nullptr) break;
    const rd_kafka_resp_err_t error = message->err;
    const std::string text = rd_kafka_message_errstr(message);
    rd_kafka_message_destroy(message);
    if (error == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
      spdlog::warn("kafka: {}; this instance joins its group anew", text);
    } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR && status.ok()) {
      status = ToStatus(error, StrCat("consumer group ", group_), text);
    }
  }
  BONGSU_RETURN_IF_ERROR(member_->Fatal());
  return status;
}

Result<AssignmentChange> GroupConsumer::PollAssignment(Duration timeout) {
  const bool wait = owned_.empty() && change_.empty();
  const Deadline deadline(timeout);
  do {
    // Not in librdkafka: a wait there goes on after the callback that it is for.
    if (wait) Wait(std::chrono::milliseconds(deadline.LeftMs(50)));
    BONGSU_RETURN_IF_ERROR(ServeMember());
  } while (wait && change_.empty() && !deadline.Passed());
  return std::exchange(change_, {});
}

// One request for all; where a transaction holds some of them the broker answers for none, so then
// each is asked for by itself.
Result<std::vector<CommittedPosition>> GroupConsumer::Committed(
    std::span<const TopicPartition> from, Duration timeout) {
  const Deadline deadline(timeout);
  BONGSU_ASSIGN_OR_RETURN(std::vector<CommittedPosition> all,
                          FetchPositions(from, std::max(deadline.LeftMs(200), 1)));
  if (from.size() > 1) {
    for (size_t i = 0; i < from.size(); ++i) {
      if (all[i].known) continue;
      BONGSU_ASSIGN_OR_RETURN(const std::vector<CommittedPosition> one,
                              FetchPositions(from.subspan(i, 1), std::max(deadline.LeftMs(50), 1)));
      all[i] = one[0];
    }
  } else {
    while (!all[0].known && !deadline.Passed()) {
      BONGSU_ASSIGN_OR_RETURN(all, FetchPositions(from, std::max(deadline.LeftMs(), 1)));
    }
  }
  BONGSU_RETURN_IF_ERROR(member_->Fatal());
  return all;
}

Result<std::vector<CommittedPosition>> GroupConsumer::FetchPositions(
    std::span<const TopicPartition> from, int timeout_ms) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
  for (const TopicPartition& each : from) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
  }
  const rd_kafka_resp_err_t error = rd_kafka_committed(member_->get(), list.get(), timeout_ms);
  std::vector<CommittedPosition> positions(from.size());
  for (size_t i = 0; i < from.size(); ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    // An error of the whole leaves those of the partitions as they were: no error, no offset.
    const rd_kafka_resp_err_t one = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : entry.err;
    if (one == RD_KAFKA_RESP_ERR_NO_ERROR) {
      positions[i].known = true;
      if (entry.offset >= 0) positions[i].next = entry.offset;
      continue;
    }
    const Status status =
        ToStatus(one, StrCat("committed position of ", from[i].topic, '-', from[i].partition));
    if (status.code() != Code::kUnavailable) return status;
  }
  return positions;
}

Status GroupConsumer::Assign(const TopicPartition& from, std::optional<int64_t> next) {
  if (std::find(owned_.begin(), owned_.end(), from) == owned_.end()) {
    return Status::Fenced(StrCat("kafka: ", from.topic, '-', from.partition,
                                 " is not assigned to this instance any more"));
  }
  fetches_.erase(from);
  BONGSU_ASSIGN_OR_RETURN(auto fetch, Fetch::Start(fetcher_, from, next, queue_bytes_));
  fetch->Notify(wake_fd_);
  fetches_.emplace(from, std::move(fetch));
  return Status::Ok();
}

Status GroupConsumer::Poll(const TopicPartition& from, size_t max, Duration timeout,
                           RecordBatch* batch) {
  auto* const messages = dynamic_cast<MessageBatch*>(batch);
  BONGSU_CHECK(messages != nullptr);  // From NewBatch of a Kafka consumer.
  messages->Clear();
  Fetch* const fetch = Find(from);
  if (fetch == nullptr) {
    return Status::Fenced(
        StrCat("kafka: ", from.topic, '-', from.partition, " is not being read by this instance"));
  }
  const Status status = fetch->Poll(max, timeout, messages);
  messages->Finish();
  return status;
}

std::unique_ptr<RecordBatch> GroupConsumer::NewBatch() {
  return std::make_unique<MessageBatch>(fetcher_);
}

void GroupConsumer::Wait(Duration timeout) {
  uint64_t count = 0;
  while (read(wake_fd_, &count, sizeof(count)) > 0) {
  }
  // What came before the flag was cleared is seen here, what comes after it raises it again.
  if (rd_kafka_queue_length(member_queue_) > 0 || !change_.empty()) return;
  for (const auto& [from, fetch] : fetches_) {
    if (fetch->Ready()) return;
  }
  pollfd wake{wake_fd_, POLLIN, 0};
  (void)poll(&wake, 1, static_cast<int>(std::min<int64_t>(Millis(timeout), 60'000)));
}

Fetch* GroupConsumer::Find(const TopicPartition& from) const {
  const auto found = fetches_.find(from);
  return found == fetches_.end() ? nullptr : found->second.get();
}

bool GroupConsumer::AtEnd(const TopicPartition& from) const {
  const Fetch* const fetch = Find(from);
  return fetch != nullptr && fetch->at_end();
}

int64_t GroupConsumer::Lag(const TopicPartition& from) const {
  const Fetch* const fetch = Find(from);
  return fetch == nullptr ? 0 : fetch->Lag();
}

Status GroupConsumer::SavePositions(Transaction& transaction, std::span<const Position> positions) {
  auto* const kafka = dynamic_cast<ProducerTransaction*>(&transaction);
  if (kafka == nullptr) {
    return Status::Invalid("kafka: positions of this log need a transaction of this log");
  }
  kafka->AddPositions(GroupMetadata(rd_kafka_consumer_group_metadata(member_->get())), positions);
  return Status::Ok();
}

}  // namespace bongsu::kafka
