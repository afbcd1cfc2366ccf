#include "engine/app/explain.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string Part(std::string_view detector, std::string_view feature, double points) {
  return StrCat(R"({"detector":")", detector, R"(","feature":")", feature, R"(","points":)", points,
                R"(,"observed":12,"unit":"rows","share_of_events":0.001})");
}

std::string Alert(const std::string& parts, std::string_view user = "kim") {
  return StrCat(R"({"finding_info":{"uid":"ab12"},"metadata":{"sequence":3},)"
                R"("start_time":1772456400000,"end_time":1772460000000,"confidence_score":50,)"
                R"("actor":{"user":{"uid":")",
                user, R"("}},"evidences":[{"data":{"event_id":"e1","attributes":{"vpn":true}}}],)",
                R"("unmapped":{"bongsu":{"risk":70.9,"user_risk":81,"count":4,"explanation":[)",
                parts, "]}}}");
}

Result<std::string> Page(const std::string& json, bool korean = false) {
  JsonReader reader;
  const auto value = reader.Parse(json);
  REQUIRE(value);
  std::vector<FeatureInfo> features(1);
  features[0].name = "rows_out";
  features[0].unit = "rows";
  features[0].label = "rows exported";
  features[0].label_ko = "내보낸 행 수";
  return ExplainText(features, korean).Alert(*value);
}

TEST_CASE("parts of one feature by several detectors are one line; the small ones share one") {
  const auto page =
      Page(Alert(StrCat(Part("a", "rows_out", 40.25), ",", Part("b", "rows_out", 29.5), ",",
                        Part("a", "x", 0.125), ",", Part("a", "y", 0.125))));
  REQUIRE(page.ok());
  INFO(*page);
  CHECK(Holds(*page, "69.8   rows exported   12"));
  CHECK(Holds(*page, "a 40.3, b 29.5"));
  CHECK(Holds(*page, "0.2   2 smaller ones"));
  CHECK(Holds(*page, "70.0   in all"));
  CHECK(Holds(*page, "1 in 1,000 events"));
  CHECK(Holds(*page, "revision 3"));
  CHECK(Holds(*page, "4 events"));
  CHECK(Holds(*page, "70 of 100 (medium)"));
  CHECK(Holds(*page, "81 of 100 (high)"));
}

TEST_CASE("tenths add up even where rounding alone would not") {
  std::string parts;
  for (int i = 0; i < 7; ++i) parts += StrCat(i == 0 ? "" : ",", Part("a", StrCat("f", i), 0.75));
  const auto page = Page(Alert(parts));  // 7 times 0.75 is 5.25.
  REQUIRE(page.ok());
  INFO(*page);
  size_t eights = 0, sevens = 0;
  for (size_t at = 0; (at = page->find(" 0.8 ", at)) != std::string::npos; ++at) ++eights;
  for (size_t at = 0; (at = page->find(" 0.7 ", at)) != std::string::npos; ++at) ++sevens;
  CHECK(eights + sevens == 7);
  CHECK(8 * eights + 7 * sevens == 53);
  CHECK(Holds(*page, "5.3   in all"));
}

TEST_CASE("members of the event are shown, those of attributes by their path") {
  const auto page = Page(Alert(Part("a", "rows_out", 70)), true);
  REQUIRE(page.ok());
  CHECK(Holds(*page, "이벤트 ID"));
  CHECK(Holds(*page, "attributes.vpn"));
  CHECK(Holds(*page, "예"));
}

TEST_CASE("what could steer the terminal is shown as text") {
  const auto page = Page(Alert(Part("a", "rows_out", 70), R"(kim\u001b[2J)"));
  REQUIRE(page.ok());
  CHECK_FALSE(Holds(*page, "\x1b"));
  CHECK(Holds(*page, R"(kim\u001b[2J)"));
}

TEST_CASE("a record of something else is refused") {
  CHECK(Page(R"({"user_id":"kim"})").status().code() == Code::kInvalid);
  JsonReader reader;
  const ExplainText text({}, false);
  CHECK_FALSE(text.User(*reader.Parse(R"({"finding_info":{}})"), Timestamp()).ok());
  CHECK_FALSE(text.User(*reader.Parse(R"({"user_id":"a","score":1,"half_life_s":0,"as_of":1})"),
                        Timestamp())
                  .ok());
}

}  // namespace
}  // namespace bongsu
