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

  // kCreated, kExists or kFailed for each.
  Result<std::vector<TopicResult>> Create(std::span<const TopicSpec> specs);
  // What of `spec` is missing or otherwise, with the remedy.
  Result<std::vector<std::string>> Compare(const TopicSpec& spec);

 private:
  using Settings = std::map<std::string, std::string, std::less<>>;
  explicit TopicAdmin(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  Result<Settings> Describe(const std::string& topic);

  std::shared_ptr<Client> client_;
};

}  // namespace bongsu::kafka
