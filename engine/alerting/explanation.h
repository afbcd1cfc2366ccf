// Why an alert has its risk, in numbers that add up and in one sentence that a manager understands.
// Used by the encoder of alerts; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/operator.h"

namespace bongsu {

// Rounds points so that they add up to `total` exactly, in any order of addition: multiples of
// 1/64, the units left over going to the largest remainders. Points that do not add up to about
// `risk` (their promised sum) keep their size; the difference is the result (else 0) and belongs to
// nobody.
double RoundPoints(double risk, int total, std::vector<double>* points);

// The risk as a whole number that stays within its severity band: 79.6 is 79, not 80.
int WholeRisk(double risk);

// "심각", "높음", …: as SeverityName.
std::string_view KoreanName(Severity severity);

// A value of a feature of that unit for people: 1,735,360; 62 %; 3.4 GB; 5 min. Finite.
std::string QuantityText(double value, std::string_view unit, bool korean);

// Says reasons in words. Made once from the features of the pipeline; any thread.
class Explainer final {
 public:
  explicit Explainer(const std::vector<FeatureInfo>& features);

  // `Risk 97 of 100 (critical) for "kim": rows exported in a day 1,735,360, usually 12,000 and
  // rarely above 60,000 (+61 points); new country RO (+22 points) and 2 more reasons.`
  // `contributions` as they are written, largest first; parts of one feature are told as one, and
  // three are named.
  std::string English(const Alert& alert, const std::vector<Contribution>& contributions) const;
  std::string Korean(const Alert& alert, const std::vector<Contribution>& contributions) const;

  // One reason without its points.
  std::string ReasonInEnglish(const Contribution& contribution) const;
  std::string ReasonInKorean(const Contribution& contribution) const;

  // The words for a feature; the name itself when it is not known.
  std::string_view Label(std::string_view feature, bool korean) const;

 private:
  std::string_view Label(const Contribution& contribution, bool korean) const;
  struct Labels {
    std::string english, korean;
  };
  std::map<std::string, Labels, std::less<>> labels_;  // By feature.
};

}  // namespace bongsu
