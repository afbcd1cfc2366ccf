#include "operators/profile/window.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace bongsu {
namespace {

TEST_CASE("steps are even on both sides of the epoch") {
  const Steps steps(32s);
  const uint64_t zero = steps.Of(Timestamp{});
  CHECK(steps.Of(Timestamp(999ms)) == zero);
  CHECK(steps.Of(Timestamp(1s)) == zero + 1);
  CHECK(steps.Of(Timestamp(-1us)) == zero - 1);
  CHECK(steps.Of(Timestamp(-1s)) == zero - 1);
  CHECK(steps.Of(Timestamp(-1s - 1us)) == zero - 2);
}

TEST_CASE("memory of zeros takes any first event, even before the epoch") {
  const Timestamp time{GENERATE(Duration(-100h), Duration(0), Duration(500000h))};
  const uint64_t step = Steps(1h).Of(time);
  Ring<uint32_t> ring;
  ring.Advance(step);
  REQUIRE(ring.Bucket(step) != nullptr);
  Decayed decayed;
  decayed.Add(time, 3, 1e6);
  CHECK(decayed.At(time, 1e6) == 3);
}

TEST_CASE("a ring keeps 32 steps and forgets them one by one") {
  Ring<uint32_t> ring;
  const uint64_t start = Biased(5);
  for (uint64_t step = start; step < start + 32; ++step) {
    ring.Advance(step);
    ++*ring.Bucket(step);
  }
  CHECK(ring.Bucket(start) != nullptr);
  CHECK(*ring.Bucket(start) == 1);
  ring.Advance(start + 32);
  CHECK(ring.Bucket(start) == nullptr);
  CHECK(*ring.Bucket(start + 32) == 0);
  CHECK(*ring.Bucket(start + 1) == 1);
  ring.Advance(start + 100);
  for (const uint32_t count : ring.buckets) CHECK(count == 0);
}

TEST_CASE("what changes in a slot stays there") {
  alignas(kSlotAlignment) std::array<std::byte, sizeof(Decayed)> slot{};
  InSlot<Decayed>(slot).Add(FromMillis(7), 2.5, 1e6);
  CHECK(InSlot<Decayed>(slot).sum == 2.5);
  CHECK(InSlot<Decayed>(slot).newest == Biased(7000));
}

}  // namespace
}  // namespace bongsu
