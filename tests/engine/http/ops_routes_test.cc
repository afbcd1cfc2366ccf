#include "engine/http/ops_routes.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/http/raw_client.h"

using namespace bongsu;

namespace {

struct Ops {
  std::atomic<bool> ready = true;
  std::atomic<int> scrapes = 0;
  std::unique_ptr<HttpServer> server;

  Ops() {
    OpsCallbacks callbacks;
    callbacks.metrics = [this] { return "scrape " + std::to_string(++scrapes) + "\n"; };
    callbacks.ready = [this] {
      return OpsCallbacks::Ready{ready, ready ? R"({"ready":true})" : R"({"ready":false})"};
    };
    callbacks.version_json = R"({"version":"1.2.3"})";
    server = std::move(HttpServer::Start({}, OpsRoutes(std::move(callbacks))).value());
  }
  std::string Get(const std::string& path) { return RawClient(server->port()).Ask("GET", path); }
};

}  // namespace

TEST_CASE_METHOD(Ops, "readyz is 200 when ready and 503 with reasons when not") {
  CHECK(Get("/readyz").starts_with("HTTP/1.1 200 "));
  ready = false;
  const std::string response = Get("/readyz");
  CHECK(response.starts_with("HTTP/1.1 503 "));
  CHECK(response.ends_with(R"({"ready":false})"));
  CHECK(Get("/healthz").starts_with("HTTP/1.1 200 "));  // Alive all the same.
}

TEST_CASE_METHOD(Ops, "version and metrics say what they are given") {
  CHECK(Get("/version").ends_with(R"({"version":"1.2.3"})"));
  const std::string metrics = Get("/metrics");
  CHECK(metrics.find("Content-Type: text/plain; version=0.0.4; charset=utf-8") !=
        std::string::npos);
  CHECK(metrics.ends_with("\r\n\r\nscrape 1\n"));
}

TEST_CASE_METHOD(Ops, "scrapes may come at the same time") {
  std::atomic<int> good = 0;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<RawClient>(server->port()));
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&good, &client] {
      for (int i = 0; i < 50; ++i) {
        if (client->Ask("GET", "/metrics").starts_with("HTTP/1.1 200 ")) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 400);
  CHECK(scrapes == 400);
}
