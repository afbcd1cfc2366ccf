// Why an alert has its risk, in numbers that add up and in one sentence that a manager understands.
// Used by the encoder of alerts; pure.
#pragma once

#include <string>
#include <vector>

#include "engine/core/alert.h"

namespace bongsu {

// Rounds points so that they add up to `total` exactly, in any order of addition: multiples of
// 1/64, the units left over going to the largest remainders. Points that do not add up to about
// `risk` (their promised sum) keep their size; the difference is the result (else 0) and belongs to
// nobody.
double RoundPoints(double risk, int total, std::vector<double>* points);

// The risk as a whole number that stays within its severity band: 79.6 is 79, not 80.
int WholeRisk(double risk);

// `Risk 87 of 100 (high) for "kim": failed_logins 12 events (+40.5 points), … and 4 more reasons.`
// `contributions` as they are written, largest first; three are named.
std::string SentenceInEnglish(const Alert& alert, const std::vector<Contribution>& contributions);
std::string SentenceInKorean(const Alert& alert, const std::vector<Contribution>& contributions);

}  // namespace bongsu
