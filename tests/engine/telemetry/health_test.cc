#include "engine/telemetry/health.h"

#include <catch2/catch.hpp>

using namespace bongsu;

TEST_CASE("a process is not ready before anything has reported") {
  const Health::Report report = Health().Read();
  CHECK_FALSE(report.ready);
  CHECK(report.json.find("no component has reported") != std::string::npos);
}

TEST_CASE("ready means that no component has a reason") {
  Health health;
  health.Set("kafka", "");
  health.Set("state/bongsu.events-3", "restoring \"p3\"");
  CHECK_FALSE(health.Read().ready);
  CHECK(health.Read().json == R"({"ready":false,"reasons":[{"component":"state/bongsu.events-3",)"
                              R"("reason":"restoring \"p3\""}]})");
  health.Set("state/bongsu.events-3", "");
  CHECK(health.Read().ready);
  CHECK(health.Read().json == R"({"ready":true,"reasons":[]})");
}

TEST_CASE("a component that moved away no longer counts") {
  Health health;
  health.Set("kafka", "");
  health.Set("state/p3", "restoring");
  health.Remove("state/p3");
  health.Remove("never there");
  CHECK(health.Read().ready);
}
