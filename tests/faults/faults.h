// The table of faults: each a row with what it does and what it needs. A campaign draws from it by
// weight, or does every row once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/scene.h"

namespace bongsu::faults {

enum class Needs { kNothing, kThreeBrokers, kSmallDisk, kProxy, kClock };

struct Fault {
  std::string name;  // "<what>/<how>"; a whole group can be asked for by what stands before the /.
  int weight = 0;
  Needs needs = Needs::kNothing;
  std::string what;                   // One line, for people.
  std::function<bool(Scene&)> begin;  // False: there is nothing to do it to at this moment.
};

// In the order of a batch, as engine/base/fault.h names them in the program for fault tests.
inline constexpr std::string_view kCrashPoints[] = {
    "after_init",   "mid_restore",    "restored",         "assigned",
    "polled",       "mid_append",     "before_positions", "before_commit",
    "after_commit", "between_stores", "after_store"};

std::vector<Fault> FaultTable();

}  // namespace bongsu::faults
