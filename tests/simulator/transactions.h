// The transaction coordinator of the broker model: producers with epochs, what each transaction
// wrote to, and its end, whose markers reach the partitions one after the other. Requests are
// answered at once; who is told kBusy asks again, as a client does.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/core/log.h"
#include "tests/simulator/world.h"

namespace bongsu::sim {

class Transactions final {
 public:
  enum class Answer {
    kOk,
    kFenced,   // The epoch is old: somebody else initialised the id, or the time-out ended it.
    kBusy,     // The transaction before is being ended.
    kNotOpen,  // There is no such transaction (any more).
  };
  struct Effects {
    // A transaction's end reaches a partition, or the positions of a group.
    std::function<void(const TopicPartition&, int64_t producer, bool commit)> end_partition;
    std::function<void(const std::string& group, int64_t producer, bool commit)> end_positions;
    std::function<Duration()> marker_delay;
    std::function<bool()> up;
  };
  Transactions(World& world, Effects effects) : world_(world), effects_(std::move(effects)) {}

  // Initialises the id: ends what is open and fences who held it. The new epoch; nullopt: ask
  // again.
  std::optional<int> Init(const std::string& id, Duration timeout);
  // Before records go to a partition, positions to a group; begins the transaction.
  Answer Add(const std::string& id, int epoch, const TopicPartition& to);
  Answer AddPositions(const std::string& id, int epoch, const std::string& group);
  // kOk as soon as the decision is written; also when it had been taken before.
  Answer End(const std::string& id, int epoch, bool commit);

  int64_t ProducerOf(const std::string& id) { return producers_[id].number; }
  // The number of the id's transaction that is open; 0: none.
  uint64_t Ongoing(const std::string& id) {
    const Producer& producer = producers_[id];
    return producer.state == State::kOngoing ? producer.serial : 0;
  }

 private:
  enum class State { kEmpty, kOngoing, kEnding };
  struct Producer {
    int64_t number = 0;
    int epoch = -1;
    State state = State::kEmpty;
    bool commit = false;  // The last decision.
    bool decided = false;
    Duration timeout{};
    uint64_t serial = 0;  // Of the transaction.
    std::set<TopicPartition> partitions;
    std::set<std::string> groups;
    size_t markers = 0;  // Still to land.
  };
  Answer Begin(Producer& producer, const std::string& id, int epoch);
  void Decide(Producer& producer, bool commit);
  void Land(Producer& producer, std::function<void()> marker);
  void Landed(Producer& producer);

  World& world_;
  const Effects effects_;
  std::map<std::string, Producer> producers_;
};

}  // namespace bongsu::sim
