#include "tests/simulator/broker.h"

#include "engine/base/status.h"

namespace bongsu::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Duration kSweep = milliseconds(100);

}  // namespace

Broker::Broker(World& world)
    : world_(world),
      transactions_(world, {[this](const TopicPartition& of, int64_t producer, bool commit) {
                              log(of).End(producer, commit, world_.now());
                            },
                            [this](const std::string& name, int64_t producer, bool commit) {
                              group(name).EndPositions(producer, commit);
                            },
                            [this] {
                              const bool slow = world_.now() < slow_until_ && world_.Chance(0.5);
                              return slow ? world_.Between(milliseconds(20), milliseconds(2500))
                                          : world_.Between(microseconds(50), microseconds(3000));
                            },
                            [this] { return up_; }}) {
  SweepGroups();
}

void Broker::MakeTopic(const std::string& name, int32_t partitions) {
  topics_[name] = partitions;
  for (int32_t p = 0; p < partitions; ++p) logs_[{name, p}];
}

std::optional<int32_t> Broker::Partitions(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? std::nullopt : std::optional(found->second);
}

PartitionLog& Broker::log(const TopicPartition& of) {
  const auto found = logs_.find(of);
  BONGSU_CHECK(found != logs_.end());
  return found->second;
}

Group& Broker::group(const std::string& name) {
  std::unique_ptr<Group>& group = groups_[name];
  if (!group) {
    group = std::make_unique<Group>(world_, name, kSession, [this](const std::string& topic) {
      return Partitions(topic).value_or(0);
    });
  }
  return *group;
}

Transactions::Answer Broker::Produce(const std::string& id, int epoch, const TopicPartition& to,
                                     std::shared_ptr<const Payload> payload, int64_t* offset) {
  const Transactions::Answer answer = transactions_.Add(id, epoch, to);
  if (answer == Transactions::Answer::kOk) {
    *offset = log(to).Append(transactions_.ProducerOf(id), std::move(payload), world_.now());
  }
  return answer;
}

void Broker::Down(Duration how_long) {
  up_ = false;
  down_until_ = std::max(down_until_, world_.now() + how_long);
  world_.Trace("the broker is away for ", FormatDuration(how_long));
  world_.At(down_until_, [this] {
    if (up_ || world_.now() < down_until_) return;
    up_ = true;
    up_since_ = world_.now();
    world_.Trace("the broker is back");
    world_.Stir();
  });
}

bool Broker::Denies(const TopicPartition& position) {
  if (denies_ != position || world_.now() - denied_at_ < std::chrono::minutes(2)) return false;
  denies_.reset();
  denied_at_ = world_.now();
  return true;
}

void Broker::SweepGroups() {
  if (up_) {
    for (const auto& [name, group] : groups_) group->Sweep(up_since_);
  }
  world_.After(kSweep, [this] { SweepGroups(); });
}

}  // namespace bongsu::sim
