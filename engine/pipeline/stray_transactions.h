// Ends the transaction that an owner which is gone has left open: until then it holds back the
// group's positions and the readers of what it wrote to, and the broker alone takes the
// transaction's time-out and up to ten seconds more (design section 6, point 4).
//
// The owner is named by the header `transactional.id` of the record at the last stable offset. Only
// an id whose worker is no member of the group any more is ended, by a worker that is one: so two
// living workers never fence each other. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace bongsu {

// `<prefix>.<member>`: by its transactional.id a worker's place in the group is known.
std::string TransactionalId(std::string_view prefix, std::string_view member);

class StrayTransactions {
 public:
  struct Options {
    std::string group;   // Of the consumers.
    std::string prefix;  // Of transactional ids.
    std::string member;  // This worker.
    std::function<void(std::string_view message)> notify;
  };
  // `log` and `clock` outlive it.
  StrayTransactions(Options options, Log& log, const Clock& clock);
  // True when one that held back the readers of `of` has been ended. Asks at most twice a second
  // for the same partition.
  Result<bool> End(const TopicPartition& of);
  // Partitions that were opened lately: one that held no position of the group holds back the
  // readers of what it wrote to all the same. They are looked at every two seconds for half a
  // minute; then the broker has ended what was there.
  void Watch(const TopicPartition& of);
  void LookAtWatched();

 private:
  Result<bool> IsGone(std::string_view id);

  const Options options_;
  Log& log_;
  const Clock& clock_;
  std::map<TopicPartition, Timestamp> asked_;
  std::map<TopicPartition, Timestamp> watched_;  // Until when.
  Timestamp last_look_{};
};

}  // namespace bongsu
