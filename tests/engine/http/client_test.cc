#include "engine/http/client.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "engine/http/ops_routes.h"

using namespace bongsu;

TEST_CASE("an address may leave out scheme and path") {
  const Result<HttpAddress> whole = ParseHttpAddress("http://engine-1.bank:9470/other");
  REQUIRE(whole.ok());
  CHECK(whole->host == "engine-1.bank");
  CHECK(whole->port == "9470");
  CHECK(whole->path == "/other");
  const Result<HttpAddress> brief = ParseHttpAddress("127.0.0.1:1");
  REQUIRE(brief.ok());
  CHECK(brief->path == "/metrics");
  for (const char* wrong : {"", "host", ":9470", "host:", "https://host:9470", "ftp://host:1/x"}) {
    INFO(wrong);
    CHECK_FALSE(ParseHttpAddress(wrong).ok());
  }
}

TEST_CASE("what a server answers is fetched whole; anything but 200 is an error with the reason") {
  OpsCallbacks callbacks;
  const std::string large(300'000, 'x');
  callbacks.metrics = [&large] { return large; };
  callbacks.ready = [] { return OpsCallbacks::Ready{false, "{}"}; };
  callbacks.version_json = "{}";
  const auto server = std::move(HttpServer::Start({}, OpsRoutes(std::move(callbacks))).value());
  HttpAddress address{"127.0.0.1", StrCat(server->port()), "/metrics"};
  const Result<std::string> body = HttpFetch(address, std::chrono::seconds(30));
  REQUIRE(body.ok());
  CHECK(*body == large);
  address.path = "/readyz";
  const Result<std::string> refused = HttpFetch(address, std::chrono::seconds(30));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.status().message().find("503") != std::string::npos);
}

TEST_CASE("nobody there is an error, not a wait") {
  CHECK_FALSE(HttpFetch({"127.0.0.1", "1", "/metrics"}, std::chrono::seconds(1)).ok());
}
