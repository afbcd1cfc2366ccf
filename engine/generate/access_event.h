// An access event on its way out (design section 3): what the bank invents, what planting adds and
// what injection reads. Views belong to whoever filled it. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/core/time.h"

namespace bongsu {

struct AccessEvent {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  Timestamp time;  // Whole milliseconds.
  std::string_view user, action, result, source, resource, resource_type;
  double sensitivity = kNone;
  std::string_view address, device, session, country, department, role;
  double rows = kNone, bytes = kNone;  // Whole numbers.
};

// Appends the canonical JSON of `event` from `,"time":…` on to the closing brace: everything but
// the id, which is known only when all events stand in order. Empty and absent members are left
// out; the same text comes out of the engine's canonical decoder.
void AppendTail(const AccessEvent& event, std::string* out);

// Makes `line` the whole event: an id, then a tail. Ids of different `number` differ, ids of
// different `key` (seed, start) almost surely.
void AssignLine(uint64_t key, uint64_t number, std::string_view tail, std::string* line);

}  // namespace bongsu
