#include "engine/http/ops_routes.h"

#include <utility>

namespace bongsu {

std::vector<Route> OpsRoutes(OpsCallbacks callbacks) {
  std::vector<Route> routes;
  routes.push_back(
      {"GET", "/metrics", [metrics = std::move(callbacks.metrics)](const HttpRequest&) {
         HttpResponse response;
         response.content_type = "text/plain; version=0.0.4; charset=utf-8";
         response.body = metrics();
         return response;
       }});
  routes.push_back({"GET", "/healthz", [](const HttpRequest&) {
                      HttpResponse response;
                      response.body = R"({"alive":true})";
                      return response;
                    }});
  routes.push_back({"GET", "/readyz", [ready = std::move(callbacks.ready)](const HttpRequest&) {
                      OpsCallbacks::Ready state = ready();
                      HttpResponse response;
                      response.status = state.ready ? 200 : 503;
                      response.body = std::move(state.json);
                      return response;
                    }});
  routes.push_back(
      {"GET", "/version", [version = std::move(callbacks.version_json)](const HttpRequest&) {
         HttpResponse response;
         response.body = version;
         return response;
       }});
  return routes;
}

}  // namespace bongsu
