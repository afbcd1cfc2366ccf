// What the trials of several seeds say together: a line a seed, mean and standard deviation, and
// tables over all of them. Pure; any thread.
#pragma once

#include <span>
#include <string>

#include "benchmarks/quality/runs.h"

namespace bongsu::benchmarks {

// Both of at least one run.
std::string AsText(std::span<const Run> runs, const QualityOptions& options);
// One object, without a line end.
std::string AsJson(std::span<const Run> runs, const QualityOptions& options);

}  // namespace bongsu::benchmarks
