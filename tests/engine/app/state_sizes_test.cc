#include "engine/app/state_sizes.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

TEST_CASE("half the people are at or below the median, one in a hundred above the percentile") {
  StateSizes sizes;
  for (int64_t i = 200; i > 0; --i) sizes.Add(i * 10);
  CHECK(sizes.people() == 200);
  CHECK(sizes.bytes() == 201'000);
  CHECK(sizes.Quantile(0.5) == 1000);
  CHECK(sizes.Quantile(0.99) == 1980);
  CHECK(sizes.Quantile(1) == 2000);
  CHECK(sizes.Words() == "median 1000 bytes a person, 99th percentile 1980");
  std::string line;
  JsonWriter json(&line);
  json.BeginObject();
  sizes.Write(&json);
  json.EndObject();
  CHECK(line == R"({"state":{"people":200,"bytes":201000,"median_bytes":1000,"p99_bytes":1980}})");
}

TEST_CASE("without people nothing has a size") {
  const StateSizes sizes;
  CHECK(sizes.Quantile(0.5) == 0);
  CHECK(sizes.bytes() == 0);
  CHECK(sizes.people() == 0);
}

}  // namespace
}  // namespace bongsu
