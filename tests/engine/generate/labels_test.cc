#include "engine/generate/labels.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

const std::string kHead = "user_id,label,kind,from,to,effect\n";

Timestamp At(std::string_view text) {
  const Result<Timestamp> time = ParseRfc3339(text);
  REQUIRE(time.ok());
  return *time;
}

std::string ErrorOf(std::string_view text) {
  const auto labels = ReadLabels(text);
  REQUIRE_FALSE(labels.ok());
  return labels.status().message();
}

TEST_CASE("labels read back as they were written, whatever the name of the person") {
  const std::vector<Label> labels = {
      {"u00012", "insider", "snooping", At("2026-03-30T01:00:00.250Z"), At("2026-03-30T02:00:00Z"),
       1.2},
      {"김 \"철수\", jr\nu,7", "harmless", "new_laptop", At("2026-03-20T00:00:00+09:00"),
       At("2026-03-27T00:00:00+09:00"), 0}};
  const std::string text = FormatLabels(labels);
  CHECK(text.starts_with(kHead + "u00012,insider,snooping,2026-03-30T01:00:00.250Z,"
                                 "2026-03-30T02:00:00.000Z,1.2\n"));
  const auto read = ReadLabels(text);
  REQUIRE(read.ok());
  CHECK(*read == labels);
}

TEST_CASE(
    "labels of other programs are read: carriage returns, a byte order mark, no last line end") {
  const auto read = ReadLabels(
      "\xEF\xBB\xBFuser_id,label,kind,from,to,effect\r\n"
      "\r\nann,insider,snooping,2026-03-30T10:00:00+09:00,2026-03-30T11:00:00+09:00,\r\n"
      "bob,harmless,business_trip,2026-03-30T10:00:00Z,2026-03-30T10:00:00Z,");
  REQUIRE(read.ok());
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].effect == 0);
  CHECK((*read)[0].from == At("2026-03-30T01:00:00Z"));
  CHECK((*read)[1].user == "bob");
  CHECK(ReadLabels(kHead)->empty());
}

TEST_CASE("a wrong label is refused with its line and what was expected") {
  const auto [row, problem] = GENERATE(table<std::string, std::string>({
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z", "expected 6 cells"},
      {",insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,", "user_id is empty"},
      {"ann,guilty,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,", "got \"guilty\""},
      {"ann,insider,,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,", "kind is empty"},
      {"ann,insider,snooping,yesterday,2026-03-30T11:00:00Z,", "from: expected a time"},
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00,", "to: expected a time"},
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T09:00:00Z,", "to is before from"},
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,0.5", "got \"0.5\""},
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,inf", "got \"inf\""},
      {"ann,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,2x", "got \"2x\""},
      {"\"ann,insider,snooping", "never closed"},
      {"a\"nn,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,", "double it"},
      {"\"ann\"x,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,", "double it"},
  }));
  const std::string good = "bob,insider,snooping,2026-03-30T10:00:00Z,2026-03-30T11:00:00Z,2\n";
  const std::string error = ErrorOf(StrCat(kHead, good, row, "\n"));
  INFO(error);
  CHECK(error.starts_with("line 3: "));
  CHECK(error.find(problem) != std::string::npos);
}

TEST_CASE("what is no table of labels is refused at once") {
  CHECK(ErrorOf("").starts_with("line 1: expected the header user_id,"));
  CHECK(ErrorOf("user,kind\n").starts_with("line 1: "));
  CHECK(ErrorOf("{\"event_id\":1}").starts_with("line 1: "));
}

}  // namespace
}  // namespace bongsu
