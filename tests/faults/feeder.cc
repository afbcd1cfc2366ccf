#include "tests/faults/feeder.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/core/time.h"
#include "engine/generate/bank.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu::faults {
namespace {

constexpr int kTimeoutMs = 10'000;
// One bank after the other, each for so long, with the same people and other habits: so there are
// alerts all the time.
constexpr int kPeople = 100;
constexpr int kDays = 9;

struct Item {
  std::string user, json;
  int64_t time_ms;
};

// An id of its own, so that who reads it changes state and cannot take it for a repeat.
std::string Decoy(std::string json) {
  constexpr std::string_view kMember = "\"event_id\":\"";
  const size_t at = json.find(kMember);
  if (at != std::string::npos) json.insert(at + kMember.size(), "aborted-");
  return json;
}

}  // namespace

class Feeder::Sender {
 public:
  explicit Sender(Feeder& feeder) : feeder_(feeder), random_(feeder.options_.seed) {}

  // Until it is committed, or the feeder is to stop.
  void Send(const std::vector<Item>& items) {
    for (bool aborted = random_.Below(6) != 0, committed = false; !committed && !feeder_.stop_;) {
      if (handle_ == nullptr && !Open()) continue;
      if (!aborted) {
        aborted = Transact(items, false);
        feeder_.aborted_ += aborted;
      } else {
        committed = Transact(items, true);
      }
    }
  }

 private:
  bool Open() {
    handle_ = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", feeder_.options_.bootstrap},
                                            {"transactional.id", "campaign-feeder"},
                                            {"transaction.timeout.ms", "10000"},
                                            {"linger.ms", "5"},
                                            {"compression.codec", "lz4"}});
    return Succeeds([&] { return rd_kafka_init_transactions(handle_.get(), kTimeoutMs); });
  }

  // Calls again what may be; else the handle is of no more use, and goes.
  template <typename Call>
  bool Succeeds(Call call) {
    while (!feeder_.stop_) {
      rd_kafka_error_t* const error = call();
      if (error == nullptr) return true;
      const bool again = rd_kafka_error_is_retriable(error) != 0;
      rd_kafka_error_destroy(error);
      if (!again) break;
    }
    handle_.reset();
    return false;
  }

  bool Transact(const std::vector<Item>& items, bool commit) {
    if (!Succeeds([&] { return rd_kafka_begin_transaction(handle_.get()); })) return false;
    for (const Item& item : items) {
      const std::string json = commit ? item.json : Decoy(item.json);
      const auto partition = PartitionOf(item.user, feeder_.options_.partitions);
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          handle_.get(), RD_KAFKA_V_TOPIC(feeder_.options_.topic.c_str()),
          RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
          RD_KAFKA_V_KEY(item.user.data(), item.user.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(json.data()), json.size()),
          RD_KAFKA_V_TIMESTAMP(feeder_.options_.stamped ? item.time_ms : 0), RD_KAFKA_V_END);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) commit = false;
    }
    rd_kafka_flush(handle_.get(), kTimeoutMs);
    return Succeeds([&] {
      return commit ? rd_kafka_commit_transaction(handle_.get(), kTimeoutMs)
                    : rd_kafka_abort_transaction(handle_.get(), kTimeoutMs);
    });
  }

  Feeder& feeder_;
  SplitMix64 random_;
  Handle handle_;
};

Feeder::Feeder(const Options& options) : options_(options) {
  thread_ = std::thread([this] {
    result_ = Run();
    done_ = true;
  });
}

Feeder::~Feeder() {
  (void)Stop();
}

Status Feeder::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return result_;
}

Status Feeder::Run() {
  Sender sender(*this);
  SplitMix64 random(options_.seed + 1);
  std::vector<Item> items;
  std::chrono::steady_clock::time_point began;
  const auto visit = [&](Timestamp time, std::string_view user, std::string_view json) {
    if (sent_ < options_.history) began = std::chrono::steady_clock::now();
    const int64_t late = sent_ - options_.history;  // Events after the history.
    items.push_back({std::string(user), std::string(json), ToMillis(time)});
    if (random.Below(500) == 0) items.back().json.resize(json.size() / 2);
    const size_t batch = late < 0 ? 1000 : static_cast<size_t>(options_.rate / 10 + 1);
    if (items.size() < batch) return Status::Ok();
    sender.Send(items);
    sent_ += static_cast<int64_t>(items.size());
    items.clear();
    if (stop_ || (late >= 0 && options_.rate == 0)) return Status::Unavailable("enough");
    if (late >= 0) {
      std::this_thread::sleep_until(began + std::chrono::milliseconds(late * 1000 / options_.rate));
    }
    return Status::Ok();
  };
  BankOptions bank;
  bank.people = kPeople;
  bank.days = kDays;
  bank.fewer_insiders = true;
  // Far ahead, so that ticks, which carry the time of today, do not overtake the events.
  bank.start = std::chrono::sys_days(std::chrono::year(2035) / std::chrono::March / 5);
  for (uint64_t i = 0; !stop_; ++i) {
    bank.seed = options_.seed + i;
    BONGSU_ASSIGN_OR_RETURN(const Bank made, Bank::Make(bank));
    const Status status = made.ForEachEvent(visit);
    if (!status.ok()) return status.code() == Code::kUnavailable ? Status::Ok() : status;
    bank.start += std::chrono::days(kDays);
  }
  return Status::Ok();
}

}  // namespace bongsu::faults
