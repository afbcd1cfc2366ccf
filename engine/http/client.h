// One HTTP GET, for reading the ops listener of another process: plain HTTP, one connection a call,
// waits up to `timeout` for each step. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

struct HttpAddress {
  std::string host, port, path;
};
// "http://host:9470/metrics"; without a path, "/metrics"; the scheme may be left out. kInvalid with
// what was expected.
Result<HttpAddress> ParseHttpAddress(std::string_view url);

// The body of a 200; anything else is kUnavailable with the reason.
Result<std::string> HttpFetch(const HttpAddress& address, Duration timeout);

}  // namespace bongsu
