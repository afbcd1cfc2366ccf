// What all detectors do alike around their model: turn its raw score into a finding, and choose
// what is learned. Detect stage, on the thread of the shard.
//
// Not every event teaches. Of one person at most one in `every`, or the busy would say what is
// normal for all; of events just called risky at most `learn_cap` in a window, against slow
// poisoning and against never adapting. In its first `learning` of event time a detector learns and
// says nothing: until it has seen the end of a month, everything at the end of the month is news.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/spec.h"
#include "operators/models/tail.h"

namespace bongsu {

struct CalibrationOptions {
  std::string learn = "below_threshold";
  double learn_below = 80;
  int learn_cap = 25;
  Duration every{};
  Duration learning{};
  Duration memory = std::chrono::days(90);
  double extrapolate = 10;
};

// Adds their fields to the table of a detector whose options derive from them.
template <typename O>
void AddCalibration(FieldTable<O>* table) {
  using C = CalibrationOptions;
  table
      ->Field("learn", static_cast<std::string O::*>(&C::learn),
              "Whether events that were just called risky are learned.")
      .OneOf({"all", "below_threshold"})
      .Field("learn_below", static_cast<double O::*>(&C::learn_below),
             "Events of less risk are always learned.")
      .Min(0)
      .Max(100)
      .Field("learn_cap", static_cast<int O::*>(&C::learn_cap),
             "Of the others, at most so many in a window of events; 0 is none.")
      .Min(0)
      .Field(
          "every", static_cast<Duration O::*>(&C::every),
          "Of one person, it learns one event in so long, so that busy people do not say what is "
          "normal; 0s: every event.")
      .Field("learning", static_cast<Duration O::*>(&C::learning),
             "In the first so long of event time it only learns, and nothing is strange; 0s: it "
             "speaks at once.")
      .Min(0)
      .Field("memory", static_cast<Duration O::*>(&C::memory),
             "How soon a score counts half in the calibration, in event time; 0s: it never fades.")
      .Field("extrapolate", static_cast<double O::*>(&C::extrapolate),
             "How many times rarer than its rank a score may be called; 1 is the rank alone.")
      .Min(1)
      .Max(1000);
}

class Calibration final {
 public:
  // `window`: the events that learn_cap is about.
  Calibration(const CalibrationOptions& options, uint64_t window);

  // Declares the detector, the sketch of its scores and the person's last turn. False, with the
  // problem reported, when the name is taken.
  bool Register(const std::string& detector, const std::string& inputs, BuildContext& context);

  // `ready`: the model can tell; else nothing is strange.
  Finding Judge(double raw, bool ready, double maturity);

  struct Lesson {
    bool taught = false;  // The event is one of those that teach; the model may learn it.
    bool risky = false;   // Then only when it is its turn.
    uint64_t number = 0;  // Of the events that teach, from 0.
  };
  // Learns the score of the event judged last. Call once an event, from Learn.
  Lesson Learn(const Event& event, const Verdict& verdict, Context& context) noexcept;
  // Whether the number-th risky one is learned.
  bool InTurn(uint64_t number) const { return stride_ > 0 && number % stride_ == 0; }

 private:
  bool PersonsTurn(const Event& event, Context& context) const noexcept;

  TailCalibrator tail_;
  double learn_below_, extrapolate_;
  uint64_t stride_;  // Every so-manieth is learned though risky; 0 = none.
  int64_t every_;    // Microseconds.
  double learning_;  // Seconds.
  size_t detector_ = 0, model_ = 0, slot_ = 0;
  double raw_ = 0, risk_ = 0;
  bool ready_ = false;
};

}  // namespace bongsu
