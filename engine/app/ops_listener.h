// Metrics, health and version of a process over HTTP, on a listener apart from everything else.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/http/server.h"
#include "engine/telemetry/health.h"
#include "engine/telemetry/metrics.h"

namespace bongsu {

// `refresh` runs before each /readyz and /metrics. `metrics` and `health` outlive the server.
Result<std::unique_ptr<HttpServer>> StartOps(const std::string& listen, PrometheusMetrics& metrics,
                                             Health& health, std::function<void()> refresh);
uint16_t OpsPort(const HttpServer* server);

}  // namespace bongsu
