// What is normal for one person, learned from their events: all that planting knows. The same
// learner looks at a generated life and at a log of yours, so that the effect sizes of labels mean
// the same in both. One thread; memory grows with the days and resources of the one person.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.h"
#include "engine/generate/access_event.h"

namespace bongsu {

struct ResourceHabit {
  std::string id, type;
  double sensitivity = AccessEvent::kNone;
};

// Totals of one local day. "Taken" is what EXPORT and DOWNLOAD with success carried away.
struct DayHabit {
  int32_t day = 0;  // Local days since 1970.
  Timestamp first, last;
  std::string session;
  double events = 0, takes = 0, taken_rows = 0, taken_bytes = 0;
  double resources = 0;      // Distinct.
  double new_resources = 0;  // Never touched on an earlier day.
  double foreign = 0;        // Distinct, owned by another department.
  double changes = 0;        // UPDATE, DELETE and GRANT.
};

// A day's total, such as &DayHabit::takes.
using DayTotal = double DayHabit::*;

struct Habits {
  std::string user, department, role;                       // The last ones.
  std::string device, address, country;                     // The usual ones.
  std::map<std::string, std::string, std::less<>> sources;  // By action; "" for any other.
  bool has_result = false, has_rows = false, has_bytes = false;
  std::vector<std::string> devices, countries;  // All, sorted.
  Duration shift{};                             // A local day begins at midnight UTC minus this.
  std::array<int64_t, 24> hours{};              // Events by local hour.
  std::vector<DayHabit> days;                   // With events, in order.
  double viewed_rows = 0, taken_rows = 0;       // Of one VIEW, of one EXPORT or DOWNLOAD: means.
  double bytes_a_row = 0;
  std::vector<ResourceHabit> own;  // Most used first.
  // Never touched: owned by the own department, and by others. As many as planting may need.
  std::vector<ResourceHabit> unfamiliar, foreign;

  // The 90th percentile (nearest rank) of `total` over the days before `day` on which it is above
  // 0: a busy day. 0 when there is none.
  double BusyDay(DayTotal total, int32_t day) const;
  // The median likewise.
  double UsualDay(DayTotal total, int32_t day) const;
  // Days before `day` on which `total` is above 0.
  size_t DaysWith(DayTotal total, int32_t day) const;
  // The middle of the longest time of the day, in hours, at which the person hardly ever works.
  double QuietHour() const;
};

class HabitsLearner {
 public:
  HabitsLearner(std::string_view user, Duration shift);
  // `foreign`: the resource belongs to another department than the person. Any order of time.
  void Observe(const AccessEvent& event, bool foreign);
  bool Knows(std::string_view resource) const {
    return resources_.find(resource) != resources_.end();
  }
  const std::string& department() const { return habits_.department; }
  // Everything but `unfamiliar` and `foreign`.
  Habits Finish() &&;

 private:
  using Tally = std::map<std::string, int64_t, std::less<>>;
  struct Use {
    ResourceHabit resource;
    int64_t times = 0;
    int32_t last_day = INT32_MIN;
  };
  void ObserveSource(const AccessEvent& event);
  void ObserveResource(const AccessEvent& event, bool foreign, DayHabit* day);
  void ObserveAmount(const AccessEvent& event, DayHabit* day);

  Habits habits_;
  std::map<int32_t, DayHabit> days_;
  std::map<std::string, Use, std::less<>> resources_;
  std::map<std::string, Tally, std::less<>> sources_;  // By action; "" for all.
  Tally devices_, addresses_, countries_;
  int64_t views_ = 0, takes_ = 0;
  double rows_with_bytes_ = 0, bytes_ = 0;
};

}  // namespace bongsu
