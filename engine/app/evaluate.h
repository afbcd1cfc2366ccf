// How well the configured detectors rank a labelled stream of numbers: each row is scored first and
// learned afterwards, as the engine does with events, by the same pipeline of detectors and risk,
// in memory. Behind `bongsu eval`. One thread.
//
// Of the configuration count `detect` and `score.risk`. A detector keeps its options, but looks at
// all columns instead of its `features`; `ranges` (which name features) and `every` (rows are not
// one person's) do not apply. A row stands for one second of event time. The label is never fed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/config_node.h"
#include "engine/eval/labelled_csv.h"

namespace bongsu {

// Adds `by` to the seed of every detector that takes one: its own, else that of the configuration.
void ShiftSeeds(uint64_t by, ConfigNode* root);

// Files of one stream, in this order; also .gz.
Result<LabelledTable> ReadLabelledFiles(std::span<const std::string> paths,
                                        const std::string& label);

struct StreamScores {
  // By row; higher is stranger. Of one detector its raw score; of several -log10 of the probability
  // that the risk is made of, not cut at a risk of 100.
  std::vector<double> scores;
  std::vector<std::string> detectors;  // By name.
  std::vector<std::string> left_out;   // Operators of `detect` that look at no features.
  double seconds = 0;                  // Of the machine's clock.
};

// `root` as LoadConfig made it, of a configuration without problems; its seeds count `shift` more.
// kInvalid when no detector is left, or when one cannot take so many columns.
Result<StreamScores> ScoreStream(ConfigNode root, uint64_t shift, const LabelledTable& rows,
                                 const std::function<void(size_t rows)>& progress = {});

}  // namespace bongsu
