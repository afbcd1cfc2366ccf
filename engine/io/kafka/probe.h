// Questions to the broker that belong to no stream: where a log begins and ends, which transaction
// holds back its readers, who is in a group. Each waits for its answer, a few seconds at most.
// Internal to engine/io/kafka; any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/client.h"

namespace bongsu::kafka {

// A client that sees what committed readers see, or everything.
Result<std::shared_ptr<Client>> NewProbe(const KafkaOptions& options,
                                         std::shared_ptr<BrokerHealth> health, bool committed);

Result<LogOffsets> QueryOffsets(Client& committed, Client& everything, const TopicPartition& of);

// The transaction of the first record from `offset` on; without an id where there is none.
Result<std::optional<OpenTransaction>> ReadOpenTransaction(
    const std::shared_ptr<Client>& everything, const TopicPartition& of, int64_t offset);

// Settled positions only; a partition whose position a transaction holds is not known.
Result<std::vector<CommittedPosition>> GroupPositions(const KafkaOptions& options,
                                                      std::shared_ptr<BrokerHealth> health,
                                                      std::string_view group,
                                                      std::span<const TopicPartition> of);

Result<GroupView> DescribeGroup(Client& client, std::string_view group);

Result<std::string> ClusterId(Client& client);

}  // namespace bongsu::kafka
