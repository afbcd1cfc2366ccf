// What is normal for one person in one number: the mean and the spread of the logarithm of its
// daily highs (of each `period`), older days fading. Pure arithmetic for zscore.h; 24 bytes of
// plain data in a person's slot, all zero at first.
//
// Values are levels: Level(v) = ln(1 + v / scale), below zero -ln(1 - v / scale). The highest level
// of a period joins the baseline when a later period begins, never before, and a finished period is
// not reopened. Periods that were not seen do not count. With Welford's update (1962) weighted as
// by West (1979), each mean and sum of squares fades by half every half-life of event time.
//
// Where `lag` periods have to pass before one joins, their highs wait beside the baseline, to 0.4
// %: what grows day by day would otherwise teach itself as normal.
//
// Numbers are kept to 16 bits, an error of 1e-5 a period.
//
// Two guards. The variance is that of `prior` further periods of variance 1 around the person's own
// mean, so that few periods do not make a narrow normal. And once `learning` periods are there, a
// finished one joins at most `cap` deviations above the mean, so that one extreme day does not
// become normal at once.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/event.h"

namespace bongsu {

struct BaselineRules {
  double fade = 1.0 / 30;  // Half-lives in a period.
  uint32_t learning = 5;   // Finished periods before there is a score.
  double prior = 3;        // Pseudo-periods, > 0.
  double cap = 3;          // Deviations.
  double scale = 1;        // Of the values: what is well below it is next to nothing.
};

double LevelOf(double value, double scale = 1);

struct Baseline {
  uint32_t period = 0;    // The newest seen; 0 = none.
  uint32_t finished = 0;  // Periods that have joined.
  float peak = 0;         // The highest level of `period`.
  float weight = 0;       // Of the finished periods, faded to the beginning of `period`.
  float mean = 0;         // Of their levels.
  float spread = 0;       // Weighted sum of squares about the mean.

  // `at` > 0. A period before the newest changes nothing. `waiting`: one place for each period of
  // the lag, all zero at first.
  void See(uint32_t at, double level, const BaselineRules& rules, std::span<float> waiting = {});
  double Deviation(const BaselineRules& rules) const;  // Standard, > 0.
  // In deviations, within 20; NaN while fewer than `learning` periods have finished.
  double Score(double level, const BaselineRules& rules) const;
  // In the unit of the values: the mean, and two deviations of the person's own periods above it,
  // without the prior, which is caution and nobody's habit.
  Normal Usual(const BaselineRules& rules) const;

 private:
  double DeviationWith(double prior) const;
  void Finish(uint32_t at, const BaselineRules& rules, std::span<float> waiting);
  void Join(double level, const BaselineRules& rules);
};
static_assert(sizeof(Baseline) == 24);

}  // namespace bongsu
