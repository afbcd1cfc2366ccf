#include "engine/app/ops_listener.h"

#include "engine/base/strings.h"
#include "engine/http/ops_routes.h"

namespace bongsu {

Result<std::unique_ptr<HttpServer>> StartOps(const std::string& listen, PrometheusMetrics& metrics,
                                             Health& health, std::function<void()> refresh) {
  OpsCallbacks callbacks;
  const auto look = [&health, refresh = std::move(refresh)] {
    refresh();
    return health.Read();
  };
  callbacks.metrics = [&metrics, look] {
    metrics.GetGauge("ready").Set(look().ready ? 1 : 0);
    return metrics.Serialize();
  };
  callbacks.ready = [look] {
    const Health::Report report = look();
    return OpsCallbacks::Ready{report.ready, report.json};
  };
  callbacks.version_json = StrCat("{\"version\":\"", BONGSU_VERSION, "\"}");
  HttpServerOptions options;
  options.listen = listen;
  options.observe = [&metrics](std::string_view route, std::string_view method, int code,
                               double seconds) {
    metrics
        .GetHistogram("http_request_duration_seconds",
                      {{"route", route}, {"method", method}, {"code", StrCat(code)}})
        .Observe(seconds);
  };
  return HttpServer::Start(std::move(options), OpsRoutes(std::move(callbacks)));
}

uint16_t OpsPort(const HttpServer* server) {
  return server == nullptr ? 0 : server->port();
}

}  // namespace bongsu
