// How well the configured detectors rank a labelled stream of numbers: each row is scored first and
// learned afterwards, as the engine does with events, by the same pipeline of detectors and risk,
// in memory. And what is ranked of labelled events: each person's day. Behind `bongsu eval`. One
// thread.
//
// Of the configuration count `detect` and `score.risk`. A detector keeps its options, but looks at
// all columns instead of its `features`; `ranges` (which name features) and `every` (rows are not
// one person's) do not apply. A row stands for one second of event time. The label is never fed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/config_node.h"
#include "engine/core/time.h"
#include "engine/eval/labelled_csv.h"
#include "engine/eval/metrics.h"
#include "engine/generate/labels.h"
#include "engine/json/writer.h"

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

// Scores with their labels (1: anomaly), for engine/eval.
struct LabelledScores {
  std::vector<double> scores;
  std::vector<int> labels;
};

// A person's day (UTC) is as strange as its riskiest event: what somebody sees who looks at people
// by day, whatever the threshold and the alert budget are. Memory grows with persons and days, not
// with events.
class PersonDays final {
 public:
  void Add(std::string_view user, Timestamp at, double risk);  // Of one event.
  // By day, then by name. An anomaly is a day that meets an insider's [from, to]; the harmless are
  // none. A day without events is not there, whatever was planted.
  LabelledScores Label(std::span<const bongsu::Label> labels) const;

 private:
  std::map<std::string, std::map<std::chrono::sys_days, double>, std::less<>> days_;
};

// How well scores tell anomalies, by seed; NaN where one of the two classes is missing.
struct Ranking {
  std::vector<double> aucs, aps, recalls;  // Recall at the budget.
  void Add(std::span<const double> scores, std::span<const int> labels, size_t budget);
};

// The members `<name>_mean` and `<name>_sd`.
void WriteMeanSd(const std::string& name, const MeanSd& of, JsonWriter* json);
// The members `auc_mean` to `recall_at_budget_sd`.
void WriteRanking(const Ranking& ranking, size_t budget, JsonWriter* json);
// For FormatTable: a header, a row a seed, the mean.
std::vector<std::vector<std::string>> RankingRows(const Ranking& ranking, size_t budget);

}  // namespace bongsu
