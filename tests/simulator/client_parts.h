// How the parts of the client (client.h) are made.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "tests/simulator/client.h"

namespace bongsu::sim {

std::unique_ptr<Consumer> NewSimConsumer(SimLog& log, std::string group, std::string member,
                                         std::span<const std::string> topics);
// Initialises the id, which ends what an earlier holder has left open.
Result<std::unique_ptr<Producer>> NewSimProducer(SimLog& log, std::string id);

// Publishes without transactions.
std::unique_ptr<Producer> NewSimPlainProducer(SimLog& log);

// What a consumer has to tell the group with positions: it is asked at the commit.
class SimMember {
 public:
  virtual ~SimMember() = default;
  virtual const std::string& group() const = 0;
  virtual const std::string& instance() const = 0;
  virtual int64_t id() const = 0;
  virtual int generation() const = 0;
};

// A transaction takes the positions of a member (Consumer::SavePositions).
class TakesPositions {
 public:
  virtual ~TakesPositions() = default;
  virtual void AddPositions(const SimMember& member, std::span<const Position> positions) = 0;
};

// Mutants: a reader of the changelog that ends too early, or whose `meta` always fits.
Status MutateRead(SimLog& log, const TopicPartition& from, SimBatch* batch, bool* at_end);

}  // namespace bongsu::sim
