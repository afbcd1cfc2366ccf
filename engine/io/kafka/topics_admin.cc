#include "engine/io/kafka/topics_admin.h"

#include <charconv>
#include <chrono>
#include <thread>

#include "engine/base/strings.h"
#include "engine/io/kafka/request.h"

namespace bongsu::kafka {
namespace {

constexpr int kRequestMs = 15'000;

// Settings whose purpose is met by more as well: keeping longer is no difference to warn of.
bool AtLeast(std::string_view key) {
  return key == "retention.ms" || key == "delete.retention.ms" || key == "max.message.bytes" ||
         key == "min.compaction.lag.ms";
}

// The others only cost time: how soon segments are closed and cleaned.
bool IsVital(std::string_view key) {
  return !key.starts_with("segment.") && key != "min.cleanable.dirty.ratio";
}

bool Meets(std::string_view key, std::string_view have, std::string_view want) {
  if (have == want) return true;
  if (!AtLeast(key)) return false;
  int64_t have_number = 0, want_number = 0;
  const auto parse = [](std::string_view text, int64_t* out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (!parse(have, &have_number) || !parse(want, &want_number)) return false;
  return have_number >= want_number || (key == "retention.ms" && have_number == -1);
}

// A broker may say that a topic is made and yet not know it for a moment: whoever starts then would
// be told that it is missing.
void AwaitTopic(Client& client, const std::string& name) {
  const Deadline deadline(std::chrono::seconds(10));
  while (client.Partitions(name, std::chrono::seconds(1)).status().code() == Code::kNotFound &&
         !deadline.Passed()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

Result<std::unique_ptr<TopicAdmin>> TopicAdmin::Make(const KafkaOptions& options) {
  BONGSU_ASSIGN_OR_RETURN(auto client, Client::Make(RD_KAFKA_CONSUMER, options, {},
                                                    {{"allow.auto.create.topics", "false"}},
                                                    std::make_shared<BrokerHealth>()));
  return std::unique_ptr<TopicAdmin>(new TopicAdmin(std::move(client)));
}

Result<std::vector<TopicResult>> TopicAdmin::Create(std::span<const TopicSpec> specs) {
  std::vector<rd_kafka_NewTopic_t*> topics;
  Status status = Status::Ok();
  for (const TopicSpec& spec : specs) {
    char text[512];
    rd_kafka_NewTopic_t* const topic = rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions,
                                                             spec.replication, text, sizeof(text));
    if (topic == nullptr) {
      status = Status::Invalid(StrCat("kafka: topic \"", spec.name, "\": ", text));
      break;
    }
    for (const auto& [key, value] : spec.config) {
      rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    }
    topics.push_back(topic);
  }
  Result<Event> event = status;
  if (status.ok()) {
    event = Request(client_->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, "creating topics", kRequestMs,
                    [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                      rd_kafka_CreateTopics(client_->get(), topics.data(), topics.size(), options,
                                            queue);
                    });
  }
  rd_kafka_NewTopic_destroy_array(topics.data(), topics.size());
  if (!event.ok()) return event.status();
  size_t count = 0;
  const auto* const answer = rd_kafka_event_CreateTopics_result(event->get());
  const auto** const answers = rd_kafka_CreateTopics_result_topics(answer, &count);
  std::vector<TopicResult> results;
  for (const TopicSpec& spec : specs) {
    TopicResult& result = results.emplace_back();
    result.topic = spec.name;
    result.message = "the broker did not answer for it; run the command again";
    for (size_t i = 0; i < count; ++i) {
      if (spec.name != rd_kafka_topic_result_name(answers[i])) continue;
      const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(answers[i]);
      const char* const text = rd_kafka_topic_result_error_string(answers[i]);
      result.message.clear();
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        result.kind = TopicResult::Kind::kCreated;
        AwaitTopic(*client_, spec.name);
      } else if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        result.kind = TopicResult::Kind::kExists;
      } else {
        result.message = ToStatus(error, spec.name, text ? text : "").message();
      }
    }
  }
  return results;
}

Status TopicAdmin::Delete(std::span<const std::string> topics) {
  std::vector<rd_kafka_DeleteTopic_t*> asked;
  for (const std::string& topic : topics) {
    asked.push_back(rd_kafka_DeleteTopic_new(topic.c_str()));
  }
  const Result<Event> event =
      Request(client_->get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, "deleting topics", kRequestMs,
              [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                rd_kafka_DeleteTopics(client_->get(), asked.data(), asked.size(), options, queue);
              });
  rd_kafka_DeleteTopic_destroy_array(asked.data(), asked.size());
  if (!event.ok()) return event.status();
  size_t count = 0;
  const auto** const answers =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event->get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(answers[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      continue;
    return ToStatus(error, StrCat("deleting topic ", rd_kafka_topic_result_name(answers[i])));
  }
  return Status::Ok();
}

Result<std::map<std::string, TopicAdmin::Settings>> TopicAdmin::Describe(
    std::span<const std::string> topics) {
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const std::string& topic : topics) {
    resources.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  }
  const Result<Event> event =
      Request(client_->get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "settings of topics", kRequestMs,
              [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                rd_kafka_DescribeConfigs(client_->get(), resources.data(), resources.size(),
                                         options, queue);
              });
  rd_kafka_ConfigResource_destroy_array(resources.data(), resources.size());
  if (!event.ok()) return event.status();
  size_t count = 0;
  const auto** const answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  std::map<std::string, Settings> all;
  for (size_t i = 0; i < count; ++i) {
    const std::string topic = rd_kafka_ConfigResource_name(answers[i]);
    const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(answers[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(error, StrCat("settings of ", topic));
    size_t entries = 0;
    const auto** const entry = rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (size_t e = 0; e < entries; ++e) {
      const char* const value = rd_kafka_ConfigEntry_value(entry[e]);
      all[topic][rd_kafka_ConfigEntry_name(entry[e])] = value ? value : "";
    }
  }
  return all;
}

Result<std::vector<std::string>> TopicAdmin::Compare(std::span<const TopicSpec> specs,
                                                     TopicChecks checks) {
  std::vector<std::string> differences, there;
  for (const TopicSpec& spec : specs) {
    const Result<int32_t> partitions =
        client_->Partitions(spec.name, std::chrono::milliseconds(kRequestMs));
    if (partitions.status().code() == Code::kNotFound) {
      differences.push_back(
          StrCat(spec.name, ": there is no such topic; run: bongsu topics create"));
      continue;
    }
    if (!partitions.ok()) return partitions.status();
    there.push_back(spec.name);
    if (*partitions == spec.partitions) continue;
    differences.push_back(StrCat(spec.name, ": ", *partitions, " partitions, expected ",
                                 spec.partitions,
                                 "; set kafka.partitions to what is there: adding partitions would "
                                 "send people to other ones"));
  }
  if (there.empty()) return differences;
  BONGSU_ASSIGN_OR_RETURN(const auto settings, Describe(there));
  for (const TopicSpec& spec : specs) {
    const auto of_topic = settings.find(spec.name);
    if (of_topic == settings.end()) continue;
    for (const auto& [key, want] : spec.config) {
      if (checks == TopicChecks::kVital && !IsVital(key)) continue;
      const auto have = of_topic->second.find(key);
      if (have != of_topic->second.end() && Meets(key, have->second, want)) continue;
      differences.push_back(StrCat(
          spec.name, ": ", key, " is ",
          have == of_topic->second.end() ? std::string("not set") : have->second, ", expected ",
          AtLeast(key) ? "at least " : "", want, "; run: kafka-configs.sh --alter --topic ",
          spec.name, " --add-config ", key, '=', want));
    }
  }
  return differences;
}

}  // namespace bongsu::kafka
