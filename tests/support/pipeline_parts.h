// The words in which tests of the pipeline write events.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/time.h"

namespace bongsu {

// `<id> <user> <action> <second> [<source>]`. The origin is the source's, at the number of the id.
struct PlainEvent {
  std::string_view id, user, action, source;
  Timestamp time;
  std::string origin;
  bool good = false;
  static PlainEvent Parse(std::string_view line);
};

}  // namespace bongsu
