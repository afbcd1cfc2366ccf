#include "engine/io/kafka/probe.h"

#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/io/kafka/fetcher.h"
#include "engine/io/kafka/request.h"

namespace bongsu::kafka {
namespace {

constexpr int kQueryMs = 3000;
constexpr Duration kReadTimeout = std::chrono::seconds(1);
constexpr uint64_t kQueueBytes = 1u << 20;
constexpr Duration kFetchWait = std::chrono::milliseconds(10);

struct Bounds {
  int64_t low = 0, high = 0;
};

Result<Bounds> Query(Client& client, const TopicPartition& of) {
  Bounds bounds;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      client.get(), of.topic.c_str(), of.partition, &bounds.low, &bounds.high, kQueryMs);
  rd_kafka_poll(client.get(), 0);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return bounds;
  return ToStatus(error, StrCat("offsets of ", of.topic, '-', of.partition));
}

GroupMember ToMember(const rd_kafka_MemberDescription_t* description) {
  GroupMember member;
  const char* const name = rd_kafka_MemberDescription_group_instance_id(description);
  if (name != nullptr) member.name = name;
  const rd_kafka_topic_partition_list_t* const owns =
      rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(description));
  for (int i = 0; owns != nullptr && i < owns->cnt; ++i) {
    member.owns.push_back({owns->elems[i].topic, owns->elems[i].partition});
  }
  return member;
}

}  // namespace

Result<std::shared_ptr<Client>> NewProbe(const KafkaOptions& options,
                                         std::shared_ptr<BrokerHealth> health, bool committed) {
  Properties owned = FetchOwned(kQueueBytes);
  if (!committed) owned.emplace_back("isolation.level", "read_uncommitted");
  return Client::Make(RD_KAFKA_CONSUMER, options, FetchDefaults(kQueueBytes, kFetchWait), owned,
                      std::move(health));
}

Result<LogOffsets> QueryOffsets(Client& committed, Client& everything, const TopicPartition& of) {
  BONGSU_ASSIGN_OR_RETURN(const Bounds stable, Query(committed, of));
  BONGSU_ASSIGN_OR_RETURN(const Bounds all, Query(everything, of));
  return LogOffsets{all.low, stable.high, all.high};
}

Result<std::optional<OpenTransaction>> ReadOpenTransaction(
    const std::shared_ptr<Client>& everything, const TopicPartition& of, int64_t offset) {
  BONGSU_ASSIGN_OR_RETURN(const auto fetch, Fetch::Start(everything, of, offset));
  MessageBatch batch(everything);
  const Deadline deadline(kReadTimeout);
  while (batch.size() == 0 && !fetch->at_end() && !deadline.Passed()) {
    BONGSU_RETURN_IF_ERROR(fetch->Poll(1, std::chrono::milliseconds(deadline.LeftMs()), &batch));
  }
  batch.Finish();
  if (batch.size() == 0) return std::optional<OpenTransaction>();
  const Record& first = batch.records().front();
  OpenTransaction open{first.offset, {}};
  for (const Header& header : first.headers) {
    if (header.name == kTransactionHeader) open.id = header.value;
  }
  return std::optional<OpenTransaction>(std::move(open));
}

Result<GroupView> DescribeGroup(Client& client, std::string_view group) {
  const std::string name(group);
  const char* names[] = {name.c_str()};
  BONGSU_ASSIGN_OR_RETURN(
      const Event event,
      Request(client.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
              StrCat("members of group ", group), kQueryMs,
              [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                rd_kafka_DescribeConsumerGroups(client.get(), names, 1, options, queue);
              }));
  size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** const groups =
      rd_kafka_DescribeConsumerGroups_result_groups(
          rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  if (count != 1) return Status::Internal(StrCat("kafka: no description of group ", group));
  if (const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[0])) {
    return ToStatus(rd_kafka_error_code(error), StrCat("members of group ", group),
                    rd_kafka_error_string(error));
  }
  GroupView view;
  view.stable =
      rd_kafka_ConsumerGroupDescription_state(groups[0]) == RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
  const size_t members = rd_kafka_ConsumerGroupDescription_member_count(groups[0]);
  for (size_t i = 0; i < members; ++i) {
    view.members.push_back(ToMember(rd_kafka_ConsumerGroupDescription_member(groups[0], i)));
  }
  return view;
}

Result<std::string> ClusterId(Client& client) {
  char* const id = rd_kafka_clusterid(client.get(), kQueryMs);
  if (id == nullptr) {
    return Status::Unavailable("kafka: no broker says which cluster it is; is one reachable?");
  }
  std::string text(id);
  rd_kafka_mem_free(client.get(), id);
  return text;
}

}  // namespace bongsu::kafka
