#include "engine/io/kafka/reader.h"

#include "engine/base/strings.h"

namespace bongsu::kafka {
namespace {

constexpr uint64_t kQueueBytes = 8u << 20;
constexpr size_t kMaxRecords = 10'000;  // In one call, so that a batch stays small.
// The end shows in an empty answer, which the broker holds back this long.
constexpr Duration kFetchWait = std::chrono::milliseconds(10);

}  // namespace

Result<std::shared_ptr<Client>> PartitionReader::NewClient(const KafkaOptions& options,
                                                           std::shared_ptr<BrokerHealth> health) {
  return Client::Make(RD_KAFKA_CONSUMER, options, FetchDefaults(kFetchWait),
                      FetchOwned(kQueueBytes), std::move(health));
}

Result<std::unique_ptr<Reader>> PartitionReader::Make(std::shared_ptr<Client> client,
                                                      const TopicPartition& from, int64_t next) {
  // 0 is the beginning, whatever retention has deleted, as in the other logs.
  const auto start = next > 0 ? std::optional<int64_t>(next) : std::nullopt;
  BONGSU_ASSIGN_OR_RETURN(auto fetch, Fetch::Start(client, from, start, kQueueBytes));
  return std::unique_ptr<Reader>(new PartitionReader(std::move(client), std::move(fetch)));
}

std::unique_ptr<RecordBatch> PartitionReader::NewBatch() {
  return std::make_unique<MessageBatch>(client_);
}

Status PartitionReader::Poll(Duration timeout, RecordBatch* batch, bool* at_end) {
  auto* const messages = dynamic_cast<MessageBatch*>(batch);
  BONGSU_CHECK(messages != nullptr);  // From NewBatch of a Kafka reader.
  messages->Clear();
  const Deadline deadline(timeout);
  // librdkafka tells an end once: where nothing has come since, this call waits for something to
  // come.
  do {
    const Duration left = std::chrono::milliseconds(deadline.LeftMs());
    BONGSU_RETURN_IF_ERROR(fetch_->Poll(kMaxRecords - messages->size(), left, messages));
    // It may have told it long before this call.
    if (fetch_->at_end()) BONGSU_RETURN_IF_ERROR(fetch_->ConfirmEnd());
    *at_end = fetch_->at_end();
  } while (!*at_end && messages->size() < kMaxRecords && !deadline.Passed());
  messages->Finish();
  return Status::Ok();
}

}  // namespace bongsu::kafka
