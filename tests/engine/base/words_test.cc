#include "engine/base/words.h"

#include <catch2/catch.hpp>
#include <string>

namespace bongsu {
namespace {

TEST_CASE("a byte is found wherever it stands in a text of any length, and no other is") {
  const auto is_x = [](uint64_t word) { return EqualTo(word, 'x'); };
  const auto is_control = [](uint64_t word) { return BelowSpace(word); };
  CHECK_FALSE(AnyByte("", is_x));
  CHECK_FALSE(AnyByte("", is_control));
  for (size_t size = 1; size <= 33; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'y');  // One bit from x.
        text[at] = static_cast<char>(byte);
        REQUIRE(AnyByte(text, is_x) == (byte == 'x'));
        REQUIRE(AnyByte(text, is_control) == (byte < 0x20));
      }
    }
  }
}

}  // namespace
}  // namespace bongsu
