#include "engine/pipeline/packing.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/base/random.h"

namespace bongsu {
namespace {

using Words = std::vector<uint64_t>;

std::string Pack(const Words& words, std::span<const uint8_t> columns) {
  std::string packed;
  WordPacker(&packed).Add(std::as_bytes(std::span(words)), columns);
  return packed;
}

bool Unpack(std::string_view packed, std::span<const uint8_t> columns, Words* words) {
  words->assign(columns.size(), 0x5A5A5A5A5A5A5A5A);
  return UnpackWords(packed, columns, std::as_writable_bytes(std::span(*words)));
}

// Zero, all ones, the word before, a few bytes, any.
uint64_t AnyWord(uint64_t before, SplitMix64& random) {
  switch (random.Below(5)) {
    case 0:
      return 0;
    case 1:
      return ~uint64_t{0};
    case 2:
      return before;
    case 3:
      return random.Next() & uint64_t{0xFF} << random.Below(57);
    default:
      return random.Next();
  }
}

TEST_CASE("any words read back as they were packed") {
  SplitMix64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const size_t size = random.Below(300);
    const uint64_t few = 1 + random.Below(kColumns + 1);
    std::vector<uint8_t> columns(size);
    for (uint8_t& column : columns) column = static_cast<uint8_t>(kColumns - random.Below(few));
    Words words(size), back;
    uint64_t before = 0;
    for (uint64_t& word : words) word = before = AnyWord(before, random);
    const std::string packed = Pack(words, columns);
    REQUIRE(Unpack(packed, columns, &back));
    REQUIRE(back == words);
    REQUIRE(Pack(words, columns) == packed);
    // Never much longer than the words: a mask each, and a run between two of them.
    REQUIRE(packed.size() <= size * 9 + 2);
  }
}

TEST_CASE("zeros cost nothing, and what is as it was costs two bytes") {
  const std::vector<uint8_t> columns(1000, 3);
  CHECK(Pack(Words(1000, 0), columns).empty());
  CHECK(Pack(Words(1000, ~uint64_t{0}), columns) ==
        std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\xCF\x0F", 12));
  const std::vector<uint8_t> alone(1000, kColumns);
  CHECK(Pack(Words(1000, ~uint64_t{0}), alone).size() == 9000);
  Words late(1000, 0);
  late[999] = 0x0100;
  CHECK(Pack(late, columns) == std::string("\0\xCE\x0F\x02\x01", 5));
  // Two times of a day have their high bytes in common.
  const Words times = {0x8006519D3C2A1B00, 0, 0x8006519E00112233};
  CHECK(Pack(times, std::vector<uint8_t>(3, 0)).size() == 1 + 7 + 2 + 1 + 5);
}

TEST_CASE("bytes that nobody packed are refused or give some words, and are never read past") {
  SplitMix64 random(3);
  std::vector<uint8_t> columns(100);
  std::iota(columns.begin(), columns.end(), uint8_t{0});
  for (uint8_t& column : columns) column = std::min(column, kColumns);
  int refused = 0;
  Words words;
  for (int round = 0; round < 20'000; ++round) {
    // On the heap and of this size exactly, so that a sanitizer sees a step too far.
    std::vector<char> bytes(random.Below(120));
    const uint64_t small = 1 + random.Below(255);
    for (char& c : bytes) c = static_cast<char>(random.Below(3) == 0 ? 0 : random.Below(small));
    if (!Unpack({bytes.data(), bytes.size()}, columns, &words)) ++refused;
  }
  CHECK(refused > 2000);
  CHECK(refused < 18'000);
}

TEST_CASE("a packed value that was cut or changed is refused or gives other words") {
  SplitMix64 random(4);
  const std::vector<uint8_t> columns(64, 0);
  Words words(64), back;
  for (uint64_t& word : words) word = AnyWord(7, random);
  words.back() = 1;
  const std::string packed = Pack(words, columns);
  for (size_t size = 0; size < packed.size(); ++size) {
    REQUIRE((!Unpack(std::string_view(packed).substr(0, size), columns, &back) || back != words));
  }
  CHECK_FALSE(Unpack(packed + "\x01\x01", columns, &back));  // One word too many.
  CHECK_FALSE(Unpack(std::string("\0\x82\x01", 3), columns, &back));
  CHECK_FALSE(
      Unpack(std::string("\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11), columns, &back));
  CHECK_FALSE(
      Unpack(std::string("\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12), columns, &back));
}

}  // namespace
}  // namespace bongsu
