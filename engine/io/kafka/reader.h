// Reads one partition to its end, without a group: for restore, replay and tail. Internal to
// engine/io/kafka; each belongs to one thread, the client is shared by all.
#pragma once

#include <memory>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/client.h"
#include "engine/io/kafka/fetcher.h"

namespace bongsu::kafka {

class PartitionReader final : public Reader {
 public:
  static Result<std::shared_ptr<Client>> NewClient(const KafkaOptions& options,
                                                   std::shared_ptr<BrokerHealth> health);
  // `client` is from NewClient.
  static Result<std::unique_ptr<Reader>> Make(std::shared_ptr<Client> client,
                                              const TopicPartition& from, int64_t next);

  Status Poll(Duration timeout, RecordBatch* batch, bool* at_end) override;
  std::unique_ptr<RecordBatch> NewBatch() override;
  int64_t next() const override { return fetch_->next(); }

 private:
  PartitionReader(std::shared_ptr<Client> client, std::unique_ptr<Fetch> fetch)
      : client_(std::move(client)), fetch_(std::move(fetch)) {}

  std::shared_ptr<Client> client_;
  std::unique_ptr<Fetch> fetch_;
};

}  // namespace bongsu::kafka
