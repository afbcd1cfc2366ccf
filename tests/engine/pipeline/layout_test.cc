#include "engine/pipeline/layout.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/base/random.h"

namespace bongsu {
namespace {

using Bytes = std::vector<std::byte>;

Bytes Random(const Layout& layout, SplitMix64& random) {
  Bytes bytes(layout.size());
  const uint64_t density = random.Below(5);
  for (std::byte& b : bytes) {
    if (random.Below(4) < density) b = static_cast<std::byte>(random.Next());
  }
  return bytes;
}

std::string Text(const Layout& layout, Bytes bytes, size_t slot) {
  const auto view = layout.Slot(bytes, slot);
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

TEST_CASE("any profile reads back as it was written") {
  SplitMix64 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<SlotInfo> slots;
    for (uint64_t i = random.Below(6); i > 0; --i) slots.push_back({"slot", random.Below(80)});
    const Layout layout(slots);
    const Bytes bytes = Random(layout, random);
    std::string value;
    layout.Encode(bytes, {}, &value);
    Bytes back(layout.size(), std::byte{7});
    REQUIRE(*Layout::HashOf(value) == layout.hash());
    REQUIRE(layout.Decode(std::string_view(value).substr(8), back).ok());
    // What lies between slots is nobody's, but is kept too.
    REQUIRE(back == bytes);
  }
}

TEST_CASE("a descriptor tells the whole layout, whatever an identity holds") {
  const Layout layout(
      {{"count 1h", 8}, {"where action=\"A\nB\"", 24}, {"count 1h", 8}, {"7 x", 1}});
  const Result<Layout> read = Layout::FromDescriptor(layout.descriptor());
  REQUIRE(read.ok());
  CHECK(read->hash() == layout.hash());
  CHECK(read->size() == layout.size());
  CHECK(layout.Difference(*read) == "start empty: none; dropped: none");
  for (const char* bad : {"8", "8 x", "x 8\n", " \n", "99999999999 x\n", "-1 x\n", "8\n"}) {
    CAPTURE(bad);
    CHECK(Layout::FromDescriptor(bad).status().code() == Code::kCorrupt);
  }
}

TEST_CASE("slots of one size cost less together, and what nobody touched costs nothing") {
  std::vector<SlotInfo> slots;
  for (int i = 0; i < 20; ++i) slots.push_back({"since", 16});
  const Layout layout(slots);
  Bytes bytes(layout.size());
  std::string value;
  layout.Encode(bytes, {}, &value);
  CHECK(value.size() == 8);
  for (size_t i = 0; i < slots.size(); ++i) {
    const uint64_t time = 0x8006519D3C2A1B00 + i * 1000;
    std::memcpy(layout.Slot(bytes, i).data(), &time, sizeof(time));
  }
  layout.Encode(bytes, {}, &value);
  CHECK(value.size() <= 8 + 8 + 19 * (2 + 1 + 2));
}

TEST_CASE("profiles of the packing before are still read, those of a later one refused") {
  const Result<Layout> old = Layout::FromDescriptor("8 a\n24 b\n8 c\n");
  REQUIRE(old.ok());
  const Layout now({{"a", 8}, {"b", 24}, {"c", 8}});
  CHECK(old->hash() != now.hash());
  CHECK(old->descriptor() == "8 a\n24 b\n8 c\n");
  CHECK(old->Difference(now) == "start empty: none; dropped: none");
  Bytes profile(old->size());
  REQUIRE(old->Decode(std::string("\x01\x01"
                                  "abcdefgh\x02\x01"
                                  "ABCDEFGH",
                                  20),
                      profile)
              .ok());
  CHECK(Text(*old, profile, 1) == "abcdefgh" + std::string(16, '\0'));
  CHECK(Text(*old, profile, 2) == "ABCDEFGH");
  CHECK(old->Decode(std::string("\x01\x05"
                                "abcdefgh",
                                10),
                    profile)
            .code() == Code::kCorrupt);
  CHECK(Layout::FromDescriptor("packing 3\n8 a\n").status().code() == Code::kInvalid);
}

TEST_CASE("what kept its identity keeps its bytes, wherever it went") {
  const Layout from({{"a", 8}, {"b 1h", 16}, {"c", 3}, {"gone", 8}});
  const Layout to({{"c", 3}, {"new", 8}, {"b 2h", 16}, {"a", 8}});
  SplitMix64 random(2);
  Bytes old(from.size());
  for (std::byte& b : old) b = static_cast<std::byte>(random.Next() | 1);
  Bytes now(to.size(), std::byte{9});
  from.Migrate(old, to, now);
  CHECK(Text(to, now, 0) == Text(from, old, 2));
  CHECK(Text(to, now, 3) == Text(from, old, 0));
  CHECK(Text(to, now, 1) == std::string(8, '\0'));
  CHECK(Text(to, now, 2) == std::string(16, '\0'));
  CHECK(from.Difference(to) == "start empty: new, b 2h; dropped: b 1h, gone");
}

TEST_CASE("a rest is stored in place: the layout and the bytes of a slot are as if it had none") {
  const std::vector<SlotInfo> plain = {{"a", 16}, {"sketch", 120}, {"b", 3}, {"many", 72}};
  const std::vector<SlotInfo> parted = {{"a", 16}, {"sketch", 40, 80}, {"b", 3}, {"many", 32, 40}};
  const Layout whole(plain), layout(parted);
  CHECK(layout.descriptor() == whole.descriptor());
  CHECK(layout.size() == whole.size());
  CHECK(layout.head() == 16 + 40 + 8 + 32);
  CHECK(layout.rests() == 80 + 40);
  SplitMix64 random(5);
  for (int round = 0; round < 200; ++round) {
    Bytes bytes = Random(whole, random);
    if (round % 4 == 0) {  // No rests.
      std::fill_n(whole.Slot(bytes, 1).begin() + 40, 80, std::byte{0});
      std::fill_n(whole.Slot(bytes, 3).begin() + 32, 40, std::byte{0});
    }
    Bytes heads(layout.head()), rests(layout.rests());
    const bool any = layout.Split(bytes, heads, rests);
    CHECK(any == (rests != Bytes(rests.size())));
    for (size_t slot = 0; slot < plain.size(); ++slot) {
      const auto head = layout.Slot(heads, slot), rest = layout.SlotRest(rests, slot);
      Bytes together(head.begin(), head.end());
      together.insert(together.end(), rest.begin(), rest.end());
      const auto expected = whole.Slot(bytes, slot);
      REQUIRE(together == Bytes(expected.begin(), expected.end()));
    }
    std::string value, expected;
    whole.Encode(bytes, {}, &expected);
    layout.Encode(heads, rests, &value);
    REQUIRE(value == expected);
    if (any) continue;
    layout.Encode(heads, {}, &value);
    REQUIRE(value == expected);
  }
}

TEST_CASE("every slot and every rest is aligned") {
  SplitMix64 random(3);
  for (int round = 0; round < 100; ++round) {
    std::vector<SlotInfo> slots;
    for (uint64_t i = 1 + random.Below(6); i > 0; --i) {
      const bool rests = random.Below(3) == 0;
      slots.push_back({"slot", rests ? 8 * random.Below(9) : random.Below(80), rests ? 16u : 0u});
    }
    const Layout layout(slots);
    CHECK(layout.head() % kSlotAlignment == 0);
    Bytes heads(layout.head()), rests(layout.rests());
    for (size_t i = 0; i < slots.size(); ++i) {
      CHECK((layout.Slot(heads, i).data() - heads.data()) % kSlotAlignment == 0);
      CHECK((layout.SlotRest(rests, i).data() - rests.data()) % kSlotAlignment == 0);
    }
  }
}

TEST_CASE("bytes that do not fit are refused, never read past") {
  const Layout layout({{"a", 64}});
  Bytes profile(layout.size());
  SplitMix64 random(3);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string words(random.Below(90), '\0');
    for (char& c : words)
      c = static_cast<char>(random.Below(3) == 0 ? random.Next() : random.Below(9));
    const Status status = layout.Decode(words, profile);
    if (!status.ok()) ++refused;
    REQUIRE((status.ok() || status.code() == Code::kCorrupt));
  }
  CHECK(refused > 1000);
  const Result<Layout> old = Layout::FromDescriptor("64 a\n");
  REQUIRE(old.ok());
  for (int round = 0; round < 5000; ++round) {
    std::string words(random.Below(90), '\0');
    for (char& c : words)
      c = static_cast<char>(random.Below(3) == 0 ? random.Next() : random.Below(9));
    const Status status = old->Decode(words, profile);
    REQUIRE((status.ok() || status.code() == Code::kCorrupt));
  }
  CHECK(Layout::HashOf("short").status().code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
