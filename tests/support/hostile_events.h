// What an attacker, a broken exporter or a bad disk may send as an event, each with the reason for
// which it must be refused. For decoders, and for whatever stands behind them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"

namespace bongsu {

struct HostileEvent {
  std::string name;
  std::string bytes;
  std::string reason;  // Of the rejection.
};

// A good event with every member; hostile ones are made of it.
std::string GoodEvent();
// Always the same, in the same order.
std::vector<HostileEvent> HostileEvents();
// Puts one of `pieces` somewhere, or takes something away, changes a byte, repeats a part.
void Mutate(std::span<const std::string_view> pieces, SplitMix64* random, std::string* bytes);

}  // namespace bongsu
