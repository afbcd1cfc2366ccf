#include "engine/app/commands/generate_sinks.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/io/kafka/kafka_log.h"

namespace bongsu {
namespace {

constexpr int kTransactionEvents = 10'000;
constexpr std::chrono::seconds kCommitTimeout{30};

class FileEvents final : public EventSink {
 public:
  explicit FileEvents(std::unique_ptr<JsonLinesWriter> file) : file_(std::move(file)) {}
  Status Append(std::string_view, std::string_view json) override { return file_->Append(json); }
  Status Finish() override { return file_->Finish(); }

 private:
  std::unique_ptr<JsonLinesWriter> file_;
};

class StandardOutput final : public EventSink {
 public:
  Status Append(std::string_view, std::string_view json) override {
    const bool good = std::fwrite(json.data(), 1, json.size(), stdout) == json.size() &&
                      std::fputc('\n', stdout) != EOF;
    return good ? Status::Ok() : Failed();
  }
  Status Finish() override { return std::fflush(stdout) == 0 ? Status::Ok() : Failed(); }

 private:
  static Status Failed() {
    return Status::Unavailable(
        StrCat("standard output: cannot be written: ", std::strerror(errno)));
  }
};

class TopicEvents final : public EventSink {
 public:
  static Result<std::unique_ptr<EventSink>> Make(const KafkaOptions& options, std::string topic) {
    auto sink = std::unique_ptr<TopicEvents>(new TopicEvents(std::move(topic)));
    BONGSU_ASSIGN_OR_RETURN(sink->log_, KafkaLog::Make(options));
    BONGSU_ASSIGN_OR_RETURN(sink->partitions_, sink->log_->Partitions(sink->topic_));
    BONGSU_ASSIGN_OR_RETURN(sink->producer_,
                            sink->log_->NewProducer(StrCat(options.prefix, "-generate")));
    return std::unique_ptr<EventSink>(std::move(sink));
  }

  Status Append(std::string_view user, std::string_view json) override {
    if (transaction_ == nullptr) {
      BONGSU_ASSIGN_OR_RETURN(transaction_, producer_->Begin());
    }
    BONGSU_RETURN_IF_ERROR(
        transaction_->Append(topic_, PartitionOf(user, partitions_), user, json, {}));
    return ++open_ < kTransactionEvents ? Status::Ok() : Commit();
  }

  Status Finish() override { return transaction_ == nullptr ? Status::Ok() : Commit(); }

 private:
  explicit TopicEvents(std::string topic) : topic_(std::move(topic)) {}

  // An abort would need the events again: then it is better to start over.
  Status Commit() {
    const Outcome outcome = transaction_->Commit(kCommitTimeout);
    transaction_.reset();
    open_ = 0;
    if (outcome == Outcome::kCommitted) return Status::Ok();
    if (outcome == Outcome::kFenced) {
      return Status::Fenced(StrCat(topic_, ": another generate writes with the same prefix"));
    }
    return Status::Unavailable(
        StrCat(topic_, ": the broker did not take the last ", kTransactionEvents,
               " events; what came before is there: empty the topic and generate again"));
  }

  const std::string topic_;
  std::unique_ptr<KafkaLog> log_;
  int32_t partitions_ = 0;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Transaction> transaction_;
  int open_ = 0;
};

}  // namespace

Result<std::unique_ptr<EventSink>> MakeFileSink(const std::string& path) {
  if (path == "-") return std::unique_ptr<EventSink>(new StandardOutput);
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<JsonLinesWriter> file, JsonLinesWriter::Make(path));
  return std::unique_ptr<EventSink>(new FileEvents(std::move(file)));
}

Result<std::unique_ptr<EventSink>> MakeTopicSink(const EngineConfig& config,
                                                 const std::string& topic) {
  if (config.kafka.brokers.empty()) {
    return Status::Invalid(
        "--to-topic: the configuration names no kafka.brokers; name one, or write with --out");
  }
  std::string chosen = topic;
  for (const SourceOptions& source : config.sources) {
    if (chosen.empty()) chosen = source.topic.value;
  }
  if (chosen.empty()) {
    return Status::Invalid(
        "--to-topic: no source of the configuration has a topic; name one: --to-topic TOPIC");
  }
  return TopicEvents::Make(config.kafka, std::move(chosen));
}

}  // namespace bongsu
