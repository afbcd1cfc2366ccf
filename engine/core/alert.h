// What the decide stage hands out: an alert and a person's risk, as plain data. engine/alerting
// writes them as OCSF and JSON. Nothing in them comes from the machine's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/time.h"

namespace bongsu {

enum class Severity { kInformational, kLow, kMedium, kHigh, kCritical };

// The fixed bands of design section 7: 0-39, 40-59, 60-79, 80-94, 95-100.
constexpr Severity SeverityOf(double risk) {
  return risk >= 95   ? Severity::kCritical
         : risk >= 80 ? Severity::kHigh
         : risk >= 60 ? Severity::kMedium
         : risk >= 40 ? Severity::kLow
                      : Severity::kInformational;
}
std::string_view SeverityName(Severity severity);  // "informational" … "critical"

// One feature's part in a risk. `points` add up, over features and detectors, to the risk.
struct Contribution {
  std::string detector;
  std::string feature;
  double points = 0;    // Of the risk 0-100.
  double observed = 0;  // The feature's value; NaN = none. Of a comparison: what was compared.
  std::string unit;     // Of `observed`, as in FeatureInfo.
  Normal normal = {};   // The person's own, in the same unit.
  double tail = std::numeric_limits<double>::quiet_NaN();  // Share of events with such a value.
  std::string value = {};  // What was new or rare: "RO"; else empty.
};

// An Origin that owns its source name.
struct Cause {
  std::string source;
  int32_t partition = 0;
  int64_t offset = 0;
  uint32_t index = 0;
  Origin origin() const { return {source, partition, offset, index}; }
};

enum class AlertActivity { kCreate = 1, kUpdate = 2 };

struct Alert {
  AlertActivity activity = AlertActivity::kCreate;
  uint32_t revision = 1;  // The n of `<uid>.s<n>`.
  std::string user;
  std::string detector;   // The one that contributed most to the create; part of the uid.
  Cause cause;            // Of the create; part of the uid: the same in every revision.
  Timestamp time;         // Event time of what caused this revision (a fold's end for its update).
  Timestamp start, end;   // Event times of the first and the last folded event.
  int64_t count = 1;      // Events folded, the first included.
  double risk = 0;        // Highest event risk among them, 0-100.
  double user_risk = 0;   // The person's risk after the last of them.
  double confidence = 0;  // 0-100: how much the models had learned.
  std::vector<Contribution> contributions;  // Of the event with the highest risk, largest first.
  std::string event_json;                   // That event, canonical JSON: evidence.
  Cause evidence;                           // Its origin.
  int64_t log_offset = 0;                   // Its offset in bongsu.events (a header).
};

// An event that raised a person's risk.
struct RiskyEvent {
  Timestamp time;
  double risk = 0;  // Of the event, 0-100.
  Cause cause;
};

// The latest risk of a person (bongsu.user-risk, design section 9).
struct UserRisk {
  std::string user;
  double score = 0;  // At `as_of`; a reader decays it by `half_life`.
  Timestamp as_of;
  Duration half_life{};
  std::vector<Contribution> contributions;  // Of the event that moved it last.
  std::vector<std::pair<std::string, double>> features;
  Cause cause;
  std::vector<RiskyEvent> recent;  // The riskiest of late, newest first.
  bool tombstone = false;          // The risk fell below 1: forget the key.
};

// What an event looked like to the detectors (bongsu.samples, design section 9): for training, for
// drift, and to list what the alert budget kept back.
struct Sample {
  enum class Why { kAlert, kBelowBudget, kRandom };
  Why why = Why::kRandom;
  std::string user;
  Timestamp time;
  Cause cause;
  double risk = 0, user_risk = 0;
  double threshold = 0;          // That the risk was held against.
  std::vector<double> features;  // By feature; NaN = none.
  std::vector<double> risks;     // By detector.
};
std::string_view SampleWhyName(Sample::Why why);  // "alert", "below_budget", "random"

}  // namespace bongsu
