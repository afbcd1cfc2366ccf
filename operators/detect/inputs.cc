#include "operators/detect/inputs.h"

#include <algorithm>
#include <array>

#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::array<Unit, 10> kUnits = {{{"ratio", 1, false},
                                          {"new", 1, false},
                                          {"bits", 20, false},
                                          {"deviations", 20, false},
                                          {"events", 1e4, true},
                                          {"values", 1e4, true},
                                          {"points", 1e4, true},
                                          {"rows", 1e7, true},
                                          {"bytes", 1e12, true},
                                          {"seconds", 1e7, true}}};

const Unit* FindUnit(std::string_view name) {
  const auto at =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
  return at == kUnits.end() ? nullptr : &*at;
}

}  // namespace

double DetectorInput::Scaled(double value) const {
  if (heavy_tailed()) SignedLog1p({&value, 1});
  return value;
}

InputReader::InputReader(const std::vector<DetectorInput>& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    (inputs[i].heavy_tailed() ? heavy_tailed_ : plain_).push_back({i, inputs[i].feature});
  logs_.resize(heavy_tailed_.size());
}

void InputReader::Read(const std::vector<double>& features, std::span<double> x) {
  for (const Place& place : plain_) x[place.input] = features[place.feature];
  for (size_t i = 0; i < logs_.size(); ++i) logs_[i] = features[heavy_tailed_[i].feature];
  SignedLog1p(logs_);
  for (size_t i = 0; i < logs_.size(); ++i) x[heavy_tailed_[i].input] = logs_[i];
}

std::vector<DetectorInput> InputsOf(const std::vector<Located<std::string>>& features,
                                    BuildContext& context) {
  std::vector<DetectorInput> inputs;
  for (const Located<std::string>& name : features) {
    const std::optional<size_t> feature = context.Feature(name);
    if (!feature) continue;
    const auto same = [&](const DetectorInput& input) { return input.feature == *feature; };
    if (std::any_of(inputs.begin(), inputs.end(), same)) {
      context.problems.Add(
          name.mark, name.path,
          StrCat("expected each feature once, got \"", name.value, "\" again; remove it"));
    }
    inputs.push_back({*feature, FindUnit(context.schema.features()[*feature].unit)});
  }
  return inputs;
}

std::string MeaningOf(const std::string& head, const std::vector<DetectorInput>& inputs,
                      const PipelineSchema& schema) {
  std::string meaning = head + "\n";
  for (const DetectorInput& input : inputs) {
    const std::string& name = schema.features()[input.feature].name;
    meaning += name;
    // A slot's identity begins with the name of its feature.
    for (const SlotInfo& slot : schema.slots()) {
      if (slot.identity.starts_with(name + " ")) meaning += StrCat(": ", slot.identity);
    }
    meaning += "\n";
  }
  return meaning;
}

}  // namespace bongsu
