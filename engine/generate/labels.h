// What was planted in a stream of events, and when: the answers that alerts are judged by. Written
// by `generate --labels`, read by `replay --labels` and `demo`. A CSV file (RFC 4180) with the
// header
//
//   user_id,label,kind,from,to,effect
//
// one row a person and plant; `label` is "insider" (should alert) or "harmless" (odd, should not);
// `from` and `to` (RFC 3339 with offset) are the times of the first and the last planted event, or
// the period of the oddity; `effect` is empty or at least 1: how many times the person's own normal
// was done (plant.h says of what). Pure functions, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

inline constexpr std::string_view kInsider = "insider";
inline constexpr std::string_view kHarmless = "harmless";

struct Label {
  std::string user;
  std::string label;  // kInsider or kHarmless.
  std::string kind;   // "off_hours_export", …, "new_laptop", …: lower snake case.
  Timestamp from, to;
  double effect = 0;  // 0: none given.
  bool operator==(const Label&) const = default;
};

// The labels of a CSV text, in its order. kInvalid with the line ("line 3: …") of what is wrong.
Result<std::vector<Label>> ReadLabels(std::string_view text);

// The CSV text, header included; times to the millisecond.
std::string FormatLabels(std::span<const Label> labels);

}  // namespace bongsu
