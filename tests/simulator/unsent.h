// A record on its way to the broker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/log.h"
#include "tests/simulator/partition_log.h"

namespace bongsu::sim {

struct Unsent {
  TopicPartition to;
  std::shared_ptr<const Payload> payload;
};

inline Unsent NewUnsent(std::string_view topic, int32_t partition, std::string_view key,
                        std::optional<std::string_view> value, std::span<const Header> headers) {
  auto payload = std::make_shared<Payload>();
  payload->key = key;
  if (value) payload->value = std::string(*value);
  for (const Header& header : headers) payload->headers.emplace_back(header.name, header.value);
  return {{std::string(topic), partition}, std::move(payload)};
}

}  // namespace bongsu::sim
