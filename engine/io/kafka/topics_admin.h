// Asks a broker to make topics and how existing ones are set. Internal to engine/io/kafka; one
// thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/kafka/client.h"
#include "engine/io/kafka/topics.h"

namespace bongsu::kafka {

class TopicAdmin final {
 public:
  static Result<std::unique_ptr<TopicAdmin>> Make(const KafkaOptions& options);
  explicit TopicAdmin(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  // kCreated, kExists or kFailed for each.
  Result<std::vector<TopicResult>> Create(std::span<const TopicSpec> specs);
  Status Delete(std::span<const std::string> topics);
  // What of `specs` is missing or otherwise, with the remedy. Asks for the settings of all at once.
  Result<std::vector<std::string>> Compare(std::span<const TopicSpec> specs, TopicChecks checks);

 private:
  using Settings = std::map<std::string, std::string, std::less<>>;
  // By topic.
  Result<std::map<std::string, Settings>> Describe(std::span<const std::string> topics);

  std::shared_ptr<Client> client_;
};

}  // namespace bongsu::kafka
