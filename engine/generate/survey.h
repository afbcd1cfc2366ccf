// The first look at a log into which insiders are to be planted: who is in it, how busy they are,
// what belongs to which department, which members the events have. One thread; about 150 bytes a
// person and a resource.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/generate/access_event.h"
#include "engine/generate/habits.h"
#include "engine/generate/plant.h"

namespace bongsu {

class Survey {
 public:
  void Observe(const AccessEvent& event);

  int64_t events() const { return events_; }
  // How far a local day is ahead of the UTC day.
  Duration Shift() const;
  // The last third of the days of the log.
  PlantWindow Window() const;
  // Kinds for which the events have what is needed; about the others a line each to `missing`.
  std::vector<InsiderKind> PossibleKinds(std::vector<std::string>* missing) const;
  // Up to `most` people of ordinary activity, in random order.
  std::vector<std::string> Candidates(size_t most, uint64_t seed) const;
  // Whether `resource` belongs to another department than `department`. False where one is unknown.
  bool IsForeign(std::string_view resource, std::string_view department) const;
  // Resources that `learner` does not know, up to `most` of each list, in random order.
  void AddUnknown(const HabitsLearner& learner, size_t most, uint64_t seed, Habits* habits) const;

 private:
  struct Presence {
    int64_t events = 0;
    int32_t days = 0, last_day = INT32_MIN;
  };
  struct Belonging {
    uint32_t department = 0;  // The majority vote of Boyer and Moore, over those who used it.
    int64_t votes = 0;
    ResourceHabit habit;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  uint32_t DepartmentNumber(std::string_view name);
  void ObserveResource(const AccessEvent& event);

  int64_t events_ = 0;
  Timestamp first_ = Timestamp::max(), last_ = Timestamp::min();
  std::array<int64_t, 24> hours_{};  // Events by hour, UTC.
  bool results_ = false, resources_seen_ = false, devices_ = false, countries_ = false,
       amounts_ = false;
  std::unordered_map<std::string, Presence, Hash, std::equal_to<>> people_;
  std::map<std::string, Belonging, std::less<>> resources_;
  std::map<std::string, uint32_t, std::less<>> departments_;  // Numbered from 1.
};

}  // namespace bongsu
