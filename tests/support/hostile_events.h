// What an attacker, a broken exporter or a bad disk may send as an event, each with the reason for
// which it must be refused. For decoders, and for whatever stands behind them.
#pragma once

#include <string>
#include <vector>

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

}  // namespace bongsu
