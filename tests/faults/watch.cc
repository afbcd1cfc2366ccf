#include "tests/faults/watch.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"
#include "tests/support/program.h"

namespace bongsu::faults {
namespace {

constexpr int kTimeoutMs = 3000;
constexpr std::chrono::milliseconds kTurn{150}, kTenth{100};

double Seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

// How much of [began, ended) lies in the intervals, which may overlap.
std::chrono::steady_clock::duration Covered(std::vector<std::pair<SteadyTime, SteadyTime>> outages,
                                            SteadyTime began, SteadyTime ended) {
  std::sort(outages.begin(), outages.end());
  std::chrono::steady_clock::duration covered{};
  SteadyTime at = began;
  for (const auto& [from, to] : outages) {
    const SteadyTime first = std::max(at, from), last = std::min(ended, to);
    if (first >= last) continue;
    covered += last - first;
    at = last;
  }
  return covered;
}

}  // namespace

// One reader of all the topics, and a handle a group to ask for its positions.
class Watch::Client {
 public:
  explicit Client(const Options& options) : options_(options) {
    reader_ = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", options.bootstrap},
                                            {"group.id", "campaign-watch"},
                                            {"enable.auto.commit", "false"},
                                            {"enable.partition.eof", "true"},
                                            {"fetch.wait.max.ms", "100"},
                                            {"isolation.level", "read_committed"}});
    rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(1);
    for (const auto& [topic, group] : options.groups) {
      for (int32_t p = 0; p < options.partitions; ++p) {
        rd_kafka_topic_partition_list_add(all, topic.c_str(), p)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
      }
      groups_[topic] = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", options.bootstrap},
                                                     {"group.id", group},
                                                     {"isolation.level", "read_uncommitted"}});
    }
    rd_kafka_assign(reader_.get(), all);
    rd_kafka_topic_partition_list_destroy(all);
  }
  ~Client() { rd_kafka_consumer_close(reader_.get()); }

  // Calls see(topic, partition, offset), offset -1 at the end of a partition, for a turn's time.
  template <typename See>
  void Read(See see) {
    const auto end = std::chrono::steady_clock::now() + kTurn;
    while (std::chrono::steady_clock::now() < end) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(reader_.get(), 20);
      if (message == nullptr) continue;
      const bool record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
      if (record || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        see(rd_kafka_topic_name(message->rkt), message->partition, record ? message->offset : -1);
      }
      rd_kafka_message_destroy(message);
    }
  }

  // Empty while the coordinator does not answer.
  std::vector<int64_t> Positions(const std::string& topic) {
    rd_kafka_topic_partition_list_t* const list =
        rd_kafka_topic_partition_list_new(options_.partitions);
    for (int32_t p = 0; p < options_.partitions; ++p) {
      rd_kafka_topic_partition_list_add(list, topic.c_str(), p);
    }
    std::vector<int64_t> positions;
    if (rd_kafka_committed(groups_[topic].get(), list, kTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      for (int i = 0; i < list->cnt; ++i) positions.push_back(list->elems[i].offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return positions;
  }

 private:
  const Options& options_;
  Handle reader_;
  std::map<std::string, Handle> groups_;
};

Watch::Watch(Options options) : options_(std::move(options)) {
  for (const auto& [topic, group] : options_.groups) {
    topics_[topic].resize(static_cast<size_t>(options_.partitions));
  }
  thread_ = std::thread([this] { Run(); });
}

Watch::~Watch() {
  (void)Finish();
}

Watch::Stillness Watch::Finish() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return stillness_;
}

void Watch::Run() {
  Client client(options_);
  while (!stop_) Look(client);
  const std::lock_guard lock(mutex_);
  for (auto& [topic, partitions] : topics_) {
    for (size_t p = 0; p < partitions.size(); ++p) {
      if (partitions[p].since == SteadyTime()) continue;
      Judge(topic, static_cast<int32_t>(p), partitions[p].since, std::chrono::steady_clock::now());
    }
  }
}

void Watch::Look(Client& client) {
  client.Read([this](const char* topic, int32_t partition, int64_t offset) {
    const std::lock_guard lock(mutex_);
    Partition& seen = topics_.at(topic).at(static_cast<size_t>(partition));
    seen.at_end = offset < 0;
    if (offset >= 0) seen.committed = offset;
  });
  bool all = true;
  for (const auto& [topic, group] : options_.groups) {
    const std::vector<int64_t> positions = client.Positions(topic);
    all &= !positions.empty();
    const std::lock_guard lock(mutex_);
    const SteadyTime now = std::chrono::steady_clock::now();
    for (size_t p = 0; p < positions.size(); ++p) {
      Update(topic, static_cast<int32_t>(p), positions[p], now);
    }
  }
  const std::lock_guard lock(mutex_);
  looks_ += all;
}

void Watch::Update(const std::string& topic, int32_t index, int64_t position, SteadyTime now) {
  Partition& partition = topics_.at(topic)[static_cast<size_t>(index)];
  if (position > partition.position) {
    if (partition.since != SteadyTime()) Judge(topic, index, partition.since, now);
    partition.since = {};
    partition.position = position;
  }
  const bool behind = partition.committed >= partition.position;
  if (!behind) partition.since = {};
  if (behind && partition.since == SteadyTime()) partition.since = now;
}

void Watch::Judge(const std::string& topic, int32_t index, SteadyTime began, SteadyTime ended) {
  const auto still = ended - began;
  const auto beyond = still - Covered(outages_, began, ended);
  stillness_.longest = std::max(stillness_.longest, Seconds(still));
  const bool stall = beyond > options_.patience;
  if (Seconds(beyond) > stillness_.beyond || stall) {
    const auto tenth = [](auto d) { return static_cast<double>(d / kTenth) / 10; };
    stillness_.which.push_back(StrCat(topic, "-", index, " from ", tenth(began - options_.began),
                                      " s to ", tenth(ended - options_.began), " s, ",
                                      tenth(beyond), " s beyond faults"));
  }
  stillness_.beyond = std::max(stillness_.beyond, Seconds(beyond));
  stillness_.stalls += stall;
}

size_t Watch::BeginOutage() {
  const std::lock_guard lock(mutex_);
  outages_.emplace_back(std::chrono::steady_clock::now(), SteadyTime::max());
  return outages_.size() - 1;
}

void Watch::EndOutage(size_t outage) {
  const std::lock_guard lock(mutex_);
  outages_[outage].second = std::chrono::steady_clock::now();
}

bool Watch::AllRead() {
  const auto looks = [this] {
    const std::lock_guard lock(mutex_);
    return looks_;
  };
  const int64_t before = looks();
  if (!Eventually(std::chrono::seconds(10), [&] { return looks() >= before + 2; })) return false;
  const std::lock_guard lock(mutex_);
  for (const auto& [topic, partitions] : topics_) {
    for (const Partition& p : partitions) {
      if (!p.at_end || p.committed >= p.position) return false;
    }
  }
  return true;
}

std::string Watch::Where() {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [topic, partitions] : topics_) {
    text += StrCat(text.empty() ? "" : "; ", topic);
    for (const Partition& p : partitions) {
      text += StrCat(" ", p.position, "/", p.committed + 1, p.at_end ? "" : "+");
    }
  }
  return text;
}

}  // namespace bongsu::faults
