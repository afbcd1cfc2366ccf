#include "tests/simulator/transactions.h"

namespace bongsu::sim {
namespace {

// transaction.abort.timed.out.transaction.cleanup.interval.ms
constexpr Duration kCleanUp = std::chrono::seconds(10);

}  // namespace

std::optional<int> Transactions::Init(const std::string& id, Duration timeout) {
  Producer& producer = producers_[id];
  if (producer.number == 0) producer.number = static_cast<int64_t>(producers_.size());
  if (producer.state == State::kOngoing) {
    ++producer.epoch;
    world_.Trace("init of ", id, " ends its open transaction");
    Decide(producer, false);
    return std::nullopt;
  }
  if (producer.state == State::kEnding) return std::nullopt;
  producer.timeout = timeout;
  producer.decided = false;
  return ++producer.epoch;
}

Transactions::Answer Transactions::Begin(Producer& producer, const std::string& id, int epoch) {
  if (epoch != producer.epoch) return Answer::kFenced;
  if (producer.state == State::kEnding) return Answer::kBusy;
  if (producer.state == State::kOngoing) return Answer::kOk;
  producer.state = State::kOngoing;
  const uint64_t serial = ++producer.serial;
  world_.After(producer.timeout + world_.Between(Duration(0), kCleanUp), [this, id, serial] {
    Producer& late = producers_[id];
    if (late.serial != serial || late.state != State::kOngoing) return;
    world_.Trace("the broker ends the transaction of ", id, ": time-out");
    ++late.epoch;
    Decide(late, false);
  });
  return Answer::kOk;
}

Transactions::Answer Transactions::Add(const std::string& id, int epoch, const TopicPartition& to) {
  Producer& producer = producers_[id];
  const Answer answer = Begin(producer, id, epoch);
  if (answer == Answer::kOk) producer.partitions.insert(to);
  return answer;
}

Transactions::Answer Transactions::AddPositions(const std::string& id, int epoch,
                                                const std::string& group) {
  Producer& producer = producers_[id];
  const Answer answer = Begin(producer, id, epoch);
  if (answer == Answer::kOk) producer.groups.insert(group);
  return answer;
}

Transactions::Answer Transactions::End(const std::string& id, int epoch, bool commit) {
  Producer& producer = producers_[id];
  if (epoch != producer.epoch) return Answer::kFenced;
  if (producer.state == State::kEnding) return Answer::kBusy;
  if (producer.state == State::kEmpty) {
    return producer.decided && producer.commit == commit ? Answer::kOk : Answer::kNotOpen;
  }
  Decide(producer, commit);
  return Answer::kOk;
}

void Transactions::Decide(Producer& producer, bool commit) {
  producer.state = State::kEnding;
  producer.commit = commit;
  producer.decided = true;
  producer.markers = producer.partitions.size() + producer.groups.size();
  const int64_t number = producer.number;
  for (const TopicPartition& to : producer.partitions) {
    Land(producer, [this, to, number, commit] { effects_.end_partition(to, number, commit); });
  }
  for (const std::string& group : producer.groups) {
    Land(producer,
         [this, group, number, commit] { effects_.end_positions(group, number, commit); });
  }
  producer.partitions.clear();
  producer.groups.clear();
  if (producer.markers == 0) producer.state = State::kEmpty;
}

void Transactions::Land(Producer& producer, std::function<void()> marker) {
  world_.After(effects_.marker_delay(), [this, &producer, marker = std::move(marker)] {
    if (!effects_.up()) return Land(producer, marker);
    marker();
    Landed(producer);
  });
}

void Transactions::Landed(Producer& producer) {
  if (--producer.markers == 0) producer.state = State::kEmpty;
  world_.Stir();
}

}  // namespace bongsu::sim
