#include "engine/app/printable.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

TEST_CASE("ordinary text, Korean too, stays as it is") {
  CHECK(Printable("kim@bank.example: 1 234 ₩") == "kim@bank.example: 1 234 ₩");
  CHECK(Printable("김철수 (대출심사)") == "김철수 (대출심사)");
  CHECK(Printable("") == "");
}

TEST_CASE("nothing that steers a terminal gets through") {
  CHECK(Printable("a\x1b[2Jb\r\n\x07") == "a\\u001b[2Jb\\u000d\\u000a\\u0007");
  CHECK(Printable("\x7f") == "\\u007f");
  CHECK(Printable("\xc2\x9b"
                  "31m") == "\\u009b31m");  // CSI in one character.
  CHECK(Printable("\xe2\x80\xae"
                  "evil") == "\\u202eevil");  // Right to left from here.
  CHECK(Printable(std::string_view("\0x", 2)) == "\\u0000x");
}

TEST_CASE("bytes that are not UTF-8 are shown as such") {
  CHECK(Printable("a\xff"
                  "b\xc3") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(Printable("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // A surrogate.
  CHECK(Printable("\xc0\x9b").find('\x9b') == std::string::npos);  // ESC's cousin, overlong.
}

TEST_CASE("columns stand under each other in Korean too") {
  CHECK(DisplayWidth("김철수") == 6);
  CHECK(DisplayWidth("kim") == 3);
  const std::vector<std::vector<std::string>> rows = {{"who", "n"}, {"김철수", "12"}, {"ann"}};
  CHECK(FormatTable(rows) == "who     n\n김철수  12\nann\n");
}

TEST_CASE("figures are rounded to so many digits") {
  CHECK(Fixed(0.98765, 2) == "0.99");
  CHECK(Fixed(12, 0) == "12");
  CHECK(Spread({0.5, 0.125}, 3) == "0.500 ± 0.125");
}

}  // namespace
}  // namespace bongsu
