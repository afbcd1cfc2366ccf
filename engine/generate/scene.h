// The stage on which one insider acts: makes events that look like the person's own, at times when
// the person works, with resources that the person knows or does not. Used by plant.cc only; one
// thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/generate/plant.h"

namespace bongsu {

class Scene {
 public:
  // `habits` outlives the scene.
  Scene(const Habits& habits, const PlantWindow& window, uint64_t seed);

  const Habits& habits() const { return habits_; }
  SplitMix64& random() { return random_; }
  // The person's days of work within the window, in order.
  const std::vector<const DayHabit*>& days() const { return days_; }
  // Whether enough days come before the window to know what is normal.
  bool HasHistory() const;

  const DayHabit& AnyDay() { return *days_[random_.Below(days_.size())]; }
  Timestamp Midnight(const DayHabit& day) const;
  Timestamp DuringWork(const DayHabit& day);
  Duration Between(Duration from, Duration to);

  // From now on in the session of the person's own day; before that, in one of its own.
  void Join(const DayHabit& day) { session_ = day.session; }
  // From now on another device, address and country.
  void Disguise();
  // What the person does at `time`, so far without a resource.
  AccessEvent Act(Timestamp time, std::string_view action) const;
  static void Touch(const ResourceHabit& resource, AccessEvent* event);
  // The rows, and the bytes where they are told; of what the log never tells nothing.
  void SetRows(double rows, AccessEvent* event) const;
  // About `share` of what the person's VIEW or EXPORT and DOWNLOAD have.
  void SetUsualRows(double share, AccessEvent* event);
  void Add(const AccessEvent& event);

  const ResourceHabit& OneOf(std::span<const ResourceHabit> resources) {
    return resources[random_.Below(resources.size())];
  }
  // Up to `count` that the person never touched, of the own department first.
  std::vector<ResourceHabit> Unknown(size_t count) const;
  // Up to `count` with the highest sensitivity, known ones first among equals.
  std::vector<ResourceHabit> MostSensitive(size_t count) const;

  // In order of time; at least one was added.
  std::vector<PlantedEvent> TakeEvents() &&;

 private:
  const Habits& habits_;
  SplitMix64 random_;
  int32_t first_day_;
  std::vector<const DayHabit*> days_;
  std::string device_, address_, country_, session_;
  std::vector<PlantedEvent> events_;
};

}  // namespace bongsu
