// The committed position of one partition, once it is settled.
#pragma once

#include <chrono>
#include <optional>

#include "engine/core/log.h"

namespace bongsu {

inline Result<std::optional<int64_t>> CommittedOf(Consumer& consumer, const TopicPartition& from) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    BONGSU_ASSIGN_OR_RETURN(const std::vector<CommittedPosition> positions,
                            consumer.Committed({&from, 1}, std::chrono::milliseconds(500)));
    if (positions[0].known) return positions[0].next;
  } while (std::chrono::steady_clock::now() < end);
  return Status::Unavailable("the position did not settle");
}

}  // namespace bongsu
