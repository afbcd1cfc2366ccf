#include "state/format/checksum.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

TEST_CASE("what was sealed opens again, with its version") {
  for (const std::string& payload : {std::string(), std::string("x"), std::string(5000, '\0')}) {
    const std::string sealed = SealValue(3, payload);
    uint8_t version = 0;
    const auto opened = OpenValue(sealed, &version);
    REQUIRE(opened.ok());
    CHECK(*opened == payload);
    CHECK(version == 3);
    CHECK(sealed.size() == payload.size() + kSealBytes);
  }
}

TEST_CASE("every single flipped bit and every missing byte is found") {
  const std::string sealed = SealValue(1, "the state of one person");
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = sealed;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      CHECK(OpenValue(broken, nullptr).status().code() == Code::kCorrupt);
    }
    CHECK(OpenValue(sealed.substr(0, i), nullptr).status().code() == Code::kCorrupt);
  }
}

TEST_CASE("the bytes of a sealed value never change between releases") {
  CHECK(HexEncode(SealValue(1, "bongsu")) ==
        "01626f6e677375"
        "7c2282424f59b043");
}

TEST_CASE("a prepared value reuses its buffer and is worth nothing before it is finished") {
  std::string buffer;
  PrepareSealed(1, "a long first payload, longer than the second", &buffer);
  const char* const where = buffer.data();
  PrepareSealed(1, "second", &buffer);
  CHECK(buffer.data() == where);
  CHECK(PayloadOf(buffer) == "second");
  CHECK_FALSE(OpenValue(buffer, nullptr).ok());
  FinishSealed(&buffer);
  CHECK(buffer == SealValue(1, "second"));
}

}  // namespace
}  // namespace bongsu
