#include "engine/io/kafka/probe.h"

#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/io/kafka/fetcher.h"

namespace bongsu::kafka {
namespace {

constexpr int kQueryMs = 3000;
constexpr Duration kQueryTimeout = std::chrono::milliseconds(kQueryMs);
constexpr int kHeldMs = 500;
constexpr Duration kReadTimeout = std::chrono::seconds(1);
constexpr uint64_t kQueueBytes = 1u << 20;
constexpr Duration kFetchWait = std::chrono::milliseconds(10);

// Reads the big-endian fields of Kafka's protocol; short bytes read as nothing.
class FieldReader {
 public:
  FieldReader(const void* bytes, int size)
      : bytes_(static_cast<const char*>(bytes), static_cast<size_t>(std::max(size, 0))) {}
  int32_t Int(size_t width) {
    uint32_t value = 0;
    for (const char c : Take(width)) value = value << 8 | static_cast<uint8_t>(c);
    return width == 2 ? static_cast<int16_t>(value) : static_cast<int32_t>(value);
  }
  std::string Text() { return std::string(Take(static_cast<size_t>(std::max(Int(2), 0)))); }

 private:
  std::string_view Take(size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view bytes_;
};

// A member's id is its name, a dash and a UUID (KIP-345); its assignment is version, topics (name,
// partitions) of the consumer protocol.
GroupMember ToMember(const rd_kafka_group_member_info& info) {
  constexpr size_t kUuid = 36;
  const std::string_view id = info.member_id;
  GroupMember member;
  member.name = id.substr(0, id.size() - std::min(id.size(), kUuid + 1));
  FieldReader fields(info.member_assignment, info.member_assignment_size);
  fields.Int(2);
  for (int32_t topics = fields.Int(4); topics > 0; --topics) {
    const std::string topic = fields.Text();
    for (int32_t left = fields.Int(4); left > 0; --left)
      member.owns.push_back({topic, fields.Int(4)});
  }
  return member;
}

struct GroupListDeleter {
  void operator()(const rd_kafka_group_list* list) const { rd_kafka_group_list_destroy(list); }
};

}  // namespace

Result<std::shared_ptr<Client>> NewProbe(const KafkaOptions& options,
                                         std::shared_ptr<BrokerHealth> health, bool committed) {
  Properties owned = FetchOwned(kQueueBytes);
  if (!committed) owned.emplace_back("isolation.level", "read_uncommitted");
  return Client::Make(RD_KAFKA_CONSUMER, options, FetchDefaults(kFetchWait), owned,
                      std::move(health));
}

Result<LogOffsets> QueryOffsets(Client& committed, Client& everything, const TopicPartition& of) {
  BONGSU_ASSIGN_OR_RETURN(const Watermarks stable, committed.QueryWatermarks(of, kQueryTimeout));
  BONGSU_ASSIGN_OR_RETURN(const Watermarks all, everything.QueryWatermarks(of, kQueryTimeout));
  return LogOffsets{all.low, stable.high, all.high};
}

Result<std::optional<OpenTransaction>> ReadOpenTransaction(
    const std::shared_ptr<Client>& everything, const TopicPartition& of, int64_t offset) {
  BONGSU_ASSIGN_OR_RETURN(const auto fetch, Fetch::Start(everything, of, offset, kQueueBytes));
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

// By a client that says it is of the group, and joins nothing; not by an admin request, see below.
// Each partition by itself: where a transaction holds some positions the broker answers for none.
Result<std::vector<CommittedPosition>> GroupPositions(const KafkaOptions& options,
                                                      std::shared_ptr<BrokerHealth> health,
                                                      std::string_view group,
                                                      std::span<const TopicPartition> of) {
  Properties owned = FetchOwned(kQueueBytes);  // Read committed: settled positions only.
  owned.emplace_back("group.id", group);
  owned.emplace_back("enable.auto.commit", "false");
  BONGSU_ASSIGN_OR_RETURN(const auto client,
                          Client::Make(RD_KAFKA_CONSUMER, options, {}, owned, std::move(health)));
  std::vector<CommittedPosition> positions;
  int timeout_ms = kQueryMs;  // The first also looks for the coordinator.
  for (const TopicPartition& each : of) {
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    const rd_kafka_resp_err_t error = rd_kafka_committed(client->get(), list.get(), timeout_ms);
    const rd_kafka_topic_partition_t& entry = list->elems[0];
    const rd_kafka_resp_err_t one = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : entry.err;
    CommittedPosition& position = positions.emplace_back();
    position.known = one == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (position.known && entry.offset >= 0) position.next = entry.offset;
    const Status status =
        ToStatus(one, StrCat("position of group ", group, " in ", each.topic, '-', each.partition));
    if (!position.known && status.code() != Code::kUnavailable) return status;
    timeout_ms = kHeldMs;
  }
  return positions;
}

// Not by an admin request: those that go to a coordinator end the process when its connection is
// lost at the wrong moment (librdkafka issue 4605).
Result<GroupView> DescribeGroup(Client& client, std::string_view group) {
  const std::string name(group), what = StrCat("members of group ", group);
  const rd_kafka_group_list* found = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_list_groups(client.get(), name.c_str(), &found, kQueryMs);
  const std::unique_ptr<const rd_kafka_group_list, GroupListDeleter> list(found);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(error, what);
  GroupView view;
  for (int i = 0; i < list->group_cnt; ++i) {
    const rd_kafka_group_info& info = list->groups[i];
    if (name != info.group) continue;
    if (info.err != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(info.err, what);
    view.stable = std::string_view(info.state) == "Stable";
    for (int m = 0; m < info.member_cnt; ++m) view.members.push_back(ToMember(info.members[m]));
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
