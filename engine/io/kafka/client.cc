#include "engine/io/kafka/client.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <thread>

#include "engine/base/affinity.h"
#include "engine/base/strings.h"

namespace bongsu::kafka {
namespace {

constexpr Duration kCloseTimeout = std::chrono::seconds(5);
constexpr Duration kRefreshTimeout = std::chrono::milliseconds(500);
constexpr int kLeaderWaitMs = 20;
constexpr std::string_view kGrant = "; grant the rights that `bongsu topics create --print` lists";
constexpr int kScramOfKafka4 = 0x020601ff;  // The first librdkafka that has it.

Status Set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  char text[512];
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof(text)) != RD_KAFKA_CONF_OK) {
    return Status::Invalid(StrCat("kafka.properties: ", key, ": ", text));
  }
  return Status::Ok();
}

// What librdkafka says without a way out.
std::string Remedy(std::string_view text) {
  if (text.find("uthorization failed") != text.npos) return std::string(kGrant);
  if (text.find("mechanism SCRAM") == text.npos || rd_kafka_version() >= kScramOfKafka4) return {};
  return StrCat("; correct sasl.username and sasl.password; or, as this librdkafka ",
                rd_kafka_version_str(),
                " cannot use SCRAM with Kafka 4 and later: sign in with a certificate there, or "
                "have librdkafka 2.6.1");
}

// Whether a partition that is asked for may be found after a look at newer metadata.
bool MayPass(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return true;
    default:
      return false;
  }
}

}  // namespace

void BrokerHealth::Down(std::string text) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
}

void BrokerHealth::Up() {
  const std::lock_guard lock(mutex_);
  text_.clear();
}

std::string BrokerHealth::Get() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

int Deadline::LeftMs(int at_most) const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, at_most));
}

bool IsFence(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__FENCED || error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
         error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

Status ToStatus(rd_kafka_resp_err_t error, std::string_view what, std::string_view text) {
  const std::string_view known = rd_kafka_err2str(error);
  std::string message = StrCat("kafka: ", what, ": ", text.empty() ? known : text);
  if (IsFence(error)) return Status::Fenced(std::move(message));
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Status::NotFound(message + "; run: bongsu topics create");
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return Status::Invalid(StrCat(message, kGrant));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return Status::Invalid(message +
                             "; raise message.max.bytes here and max.message.bytes of the topic");
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
      return Status::Invalid(std::move(message));
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return Status::Corrupt(std::move(message));
    case RD_KAFKA_RESP_ERR__FATAL:
      return Status::Internal(std::move(message));
    default:
      return Status::Unavailable(std::move(message));
  }
}

Result<Config> MakeConfig(const KafkaOptions& options, const Properties& defaults,
                          const Properties& owned) {
  Config conf(rd_kafka_conf_new());
  BONGSU_RETURN_IF_ERROR(Set(conf.get(), "client.id", "bongsu"));
  for (const auto& [key, value] : defaults) BONGSU_RETURN_IF_ERROR(Set(conf.get(), key, value));
  for (const auto& [key, value] : options.properties) {
    BONGSU_RETURN_IF_ERROR(Set(conf.get(), key, value.value));
  }
  for (const auto& [key, value] : owned) BONGSU_RETURN_IF_ERROR(Set(conf.get(), key, value));
  BONGSU_RETURN_IF_ERROR(Set(conf.get(), "bootstrap.servers", options.brokers));
  return conf;
}

Result<std::shared_ptr<Client>> Client::Make(rd_kafka_type_t type, const KafkaOptions& options,
                                             const Properties& defaults, const Properties& owned,
                                             std::shared_ptr<BrokerHealth> health,
                                             Rebalance rebalance) {
  BONGSU_ASSIGN_OR_RETURN(Config conf, MakeConfig(options, defaults, owned));
  auto state = std::make_shared<State>();
  state->health = std::move(health);
  state->rebalance = std::move(rebalance);
  state->brokers = options.brokers;
  SetCallbacks(conf.get(), state.get());
  char text[512];
  const Unpinned threads_of_the_client;
  rd_kafka_t* const handle = rd_kafka_new(type, conf.get(), text, sizeof(text));
  if (handle == nullptr) {
    return Status::Invalid(StrCat("kafka: cannot make a client: ", text, "; see kafka.properties"));
  }
  (void)conf.release();  // librdkafka owns it once there is a handle.
  return std::shared_ptr<Client>(new Client(handle, std::move(state)));
}

void Client::SetCallbacks(rd_kafka_conf_t* conf, State* state) {
  rd_kafka_conf_set_opaque(conf, state);
  rd_kafka_conf_set_log_cb(conf, &Client::OnLog);
  rd_kafka_conf_set_error_cb(conf, &Client::OnError);
  rd_kafka_conf_set_dr_msg_cb(conf, &Client::OnDelivery);
  if (state->rebalance) rd_kafka_conf_set_rebalance_cb(conf, &Client::OnRebalance);
}

// Several releases of librdkafka can hang in destroy; a worker that gives up its partitions must
// not.
Client::~Client() {
  auto done = std::make_shared<std::promise<void>>();
  std::future<void> closed = done->get_future();
  const Unpinned the_closer;
  std::thread closer([handle = handle_, state = state_, done] {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    done->set_value();
  });
  if (closed.wait_for(kCloseTimeout) == std::future_status::ready) {
    closer.join();
    return;
  }
  spdlog::warn("kafka: a client did not close within {} s; left behind", ToSeconds(kCloseTimeout));
  closer.detach();
}

Status Client::Fatal() const {
  char text[512];
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(handle_, text, sizeof(text));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
  if (IsFence(error)) return ToStatus(error, "another owner took over", text);
  return Status::Internal(StrCat("kafka: the client must be opened again: ", text));
}

std::string Client::TakeDeliveryError() {
  return std::exchange(state_->delivery_error, {});
}

Result<int32_t> Client::Partitions(std::string_view topic, Duration timeout) {
  const std::string name(topic);
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(handle_, name.c_str(), nullptr);
  if (handle == nullptr) return ToStatus(rd_kafka_last_error(), StrCat("topic \"", name, '"'));
  const Deadline deadline(timeout);
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  int32_t count = 0;
  do {
    const rd_kafka_metadata_t* metadata = nullptr;
    error = rd_kafka_metadata(handle_, 0, handle, &metadata, std::max(deadline.LeftMs(), 1));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    error = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    // A topic made a moment ago has no leader yet.
  } while (error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && !deadline.Passed());
  rd_kafka_topic_destroy(handle);
  rd_kafka_poll(handle_, 0);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    state_->health->Up();
    return count;
  }
  if (error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT) {
    return Status::Unavailable(StrCat("kafka: no broker reachable at ", state_->brokers,
                                      "; start it, or correct kafka.brokers"));
  }
  return ToStatus(error, StrCat("topic \"", name, '"'));
}

// librdkafka goes on asking the leader that it has in mind, which may answer that it is none any
// more, until its metadata are refreshed: by itself after minutes. And a broker that comes back
// does not know its topics for a moment.
Result<Watermarks> Client::QueryWatermarks(const TopicPartition& of, Duration timeout) {
  const Deadline deadline(timeout);
  for (;;) {
    Watermarks found;
    const rd_kafka_resp_err_t error =
        rd_kafka_query_watermark_offsets(handle_, of.topic.c_str(), of.partition, &found.low,
                                         &found.high, std::max(deadline.LeftMs(), 1));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    (void)Partitions(of.topic, kRefreshTimeout);
    if (!MayPass(error) || deadline.Passed()) {
      return ToStatus(error, StrCat("offsets of ", of.topic, '-', of.partition));
    }
    rd_kafka_poll(handle_, kLeaderWaitMs);
  }
}

void Client::OnLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // One table of settings serves both kinds of client: that the other kind does not use one is no
  // news.
  const bool of_the_other_kind =
      std::string_view(facility) == "CONFWARN" &&
      std::string_view(text).find("will be ignored by this") != std::string_view::npos;
  const auto to = of_the_other_kind || level >= 7 ? spdlog::level::debug
                  : level >= 5                    ? spdlog::level::info
                  : level == 4                    ? spdlog::level::warn
                                                  : spdlog::level::err;
  spdlog::log(to, "kafka: {}: {}{}", facility, text, Remedy(text));
}

void Client::OnError(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* const state = static_cast<State*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
      error == RD_KAFKA_RESP_ERR__SSL) {
    state->health->Down(
        StrCat("no broker reachable at ", state->brokers, ": ", reason, Remedy(reason)));
  }
  spdlog::warn("kafka: {}: {}{}", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error)),
               reason, Remedy(reason));
}

void Client::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* const state = static_cast<State*>(opaque);
  if (message->_private != nullptr) *static_cast<int64_t*>(message->_private) = message->offset;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || !state->delivery_error.empty()) return;
  state->delivery_error =
      StrCat("a record for ", message->rkt ? rd_kafka_topic_name(message->rkt) : "?",
             " was not delivered: ", rd_kafka_err2str(message->err));
}

void Client::OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  static_cast<State*>(opaque)->rebalance(error, partitions);
}

}  // namespace bongsu::kafka
