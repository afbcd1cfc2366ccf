#include "operators/enrich/string_pool.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

TEST_CASE("each text is kept once, in the order of coming") {
  StringPool pool;
  CHECK_FALSE(pool.Find("a").has_value());
  CHECK(pool.Add("a") == 0);
  CHECK(pool.Add("") == 1);
  CHECK(pool.Add("ab") == 2);
  CHECK(pool.Add("a") == 0);
  CHECK(pool.size() == 3);
  CHECK(pool[0] == "a");
  CHECK(pool[1] == "");
  CHECK(pool[2] == "ab");
  CHECK(pool.Find("") == 1u);
  CHECK_FALSE(pool.Find("b").has_value());
}

TEST_CASE("a hundred thousand texts are found again, at about sixteen bytes each") {
  StringPool pool;
  constexpr uint32_t kTexts = 100'000;
  size_t text_bytes = 0;
  for (uint32_t i = 0; i < kTexts; ++i) {
    const std::string text = StrCat("person", i);
    REQUIRE(pool.Add(text) == i);
    text_bytes += text.size();
  }
  pool.Shrink();
  for (uint32_t i = 0; i < kTexts; ++i) REQUIRE(pool.Find(StrCat("person", i)) == i);
  CHECK_FALSE(pool.Find("person").has_value());
  CHECK(pool.bytes() - text_bytes < kTexts * 20);
}

}  // namespace
}  // namespace bongsu
