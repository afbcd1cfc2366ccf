// What operators and their tools ask a process: /metrics, /healthz (alive; touches nothing),
// /readyz (503 with reasons until the work can be done) and /version. Served on the ops listener,
// apart from the API.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/http/server.h"

namespace bongsu {

// Callbacks run on the server's threads, several at once.
struct OpsCallbacks {
  std::function<std::string()> metrics;  // Prometheus text format.
  struct Ready {
    bool ready = false;
    std::string json;
  };
  std::function<Ready()> ready;
  std::string version_json;  // One JSON object.
};
std::vector<Route> OpsRoutes(OpsCallbacks callbacks);

}  // namespace bongsu
