// The features that a detector looks at: by name in the configuration, by index on the event path,
// with what their unit says of their scale. Detect stage; made while the pipeline is built.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/spec.h"

namespace bongsu {

// What a unit says of a feature: counts and sums have heavy tails, ratios do not. The greatest
// value is more than any one person reaches; far above what is usual there is room to tell more
// from much more.
struct Unit {
  std::string_view name;
  double greatest;
  bool heavy_tailed;
};

struct DetectorInput {
  size_t feature = 0;
  const Unit* unit = nullptr;  // Null when it is not known.
  bool heavy_tailed() const { return unit != nullptr && unit->heavy_tailed; }
  // By their logarithm, where the unit has heavy tails.
  double Scaled(double value) const;
};

// A detector's vector out of the features of an event, each input Scaled.
class InputReader {
 public:
  explicit InputReader(const std::vector<DetectorInput>& inputs);
  // `x` has a place for each input.
  void Read(const std::vector<double>& features, std::span<double> x);

 private:
  struct Place {
    size_t input, feature;
  };
  std::vector<Place> plain_, heavy_tailed_;
  std::vector<double> logs_;  // Of the latter.
};

// The inputs in configured order; what is wrong is reported, and then one is missing.
std::vector<DetectorInput> InputsOf(const std::vector<Located<std::string>>& features,
                                    BuildContext& context);

// What the vectors of a model mean: `head` and the inputs with the identities of their slots.
std::string MeaningOf(const std::string& head, const std::vector<DetectorInput>& inputs,
                      const PipelineSchema& schema);

}  // namespace bongsu
