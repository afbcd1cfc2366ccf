// The events of the benchmarks: canonical access events of about 420 bytes with 18 fields, in the
// order of time, the same bytes for the same seed. People and resources follow a Zipf law, as they
// do in a bank: a few are very busy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/status.h"

namespace bongsu::benchmarks {

// The three workloads of every benchmark. Many people: a Zipf law over `people`. One hot person:
// every second event is theirs. Cold state: nobody comes back before everybody was there, so that
// no cache helps.
enum class Shape { kManyPeople, kHotPerson, kColdState };
Result<Shape> ParseShape(std::string_view text);  // "many_people", "hot_person", "cold_state"
std::string_view ShapeName(Shape shape);

class EventStream final {
 public:
  // `past`: so many events before the others' time.
  EventStream(Shape shape, int people, uint64_t seed, int64_t past = 0);
  // The next event; views live until the next call. `id` overrides the event's id when it is not
  // empty.
  struct Generated {
    std::string_view json, user;
  };
  Generated Next(std::string_view id = {});

 private:
  size_t Person();
  size_t Draw(const std::vector<double>& law);

  const Shape shape_;
  SplitMix64 random_;
  std::vector<double> people_, resources_;  // Cumulative.
  size_t turn_ = 0;
  int64_t time_ms_;
  std::string json_, user_;
};

// One event after the other in memory, with the person of each: what a partition holds.
struct EventList {
  std::string bytes;
  std::vector<size_t> ends;  // Of each event in `bytes`.
  std::vector<std::string> users;
  size_t size() const { return ends.size(); }
  std::string_view at(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
  void Add(std::string_view json, std::string_view user);
};
// `bad_every`: one of so many is none; 0 for all good.
EventList MakeEvents(Shape shape, int people, uint64_t seed, size_t count, size_t bad_every = 0);

}  // namespace bongsu::benchmarks
