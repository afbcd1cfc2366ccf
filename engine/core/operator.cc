#include "engine/core/operator.h"

#include "engine/base/strings.h"

namespace bongsu {

std::string_view SeverityName(Severity severity) {
  constexpr std::string_view kNames[] = {"informational", "low", "medium", "high", "critical"};
  return kNames[static_cast<size_t>(severity)];
}

Result<size_t> PipelineSchema::AddFeature(FeatureInfo info) {
  for (const FeatureInfo& known : features_) {
    if (known.name == info.name) {
      return Status::Invalid(
          StrCat("feature \"", info.name, "\" is declared twice; rename one of them"));
    }
  }
  features_.push_back(std::move(info));
  return features_.size() - 1;
}

Result<size_t> PipelineSchema::Feature(std::string_view name) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < features_.size(); ++i) {
    if (features_[i].name == name) return i;
    names.push_back(features_[i].name);
  }
  return Status::Invalid(StrCat("expected the name of a declared feature, got \"", name, "\"",
                                DidYouMeanHint(name, names)));
}

size_t PipelineSchema::AddSlot(SlotInfo info) {
  slots_.push_back(std::move(info));
  return slots_.size() - 1;
}

Result<size_t> PipelineSchema::AddDetector(std::string name) {
  for (const std::string& known : detectors_) {
    if (known == name)
      return Status::Invalid(
          StrCat("detector \"", name, "\" is declared twice; rename one of them"));
  }
  detectors_.push_back(std::move(name));
  return detectors_.size() - 1;
}

Result<size_t> PipelineSchema::AddModel(std::string name, Model* model, std::string inputs) {
  for (const ModelEntry& known : models_) {
    if (known.name == name)
      return Status::Invalid(StrCat("model \"", name, "\" is declared twice; rename one of them"));
  }
  models_.push_back({std::move(name), model, std::move(inputs)});
  return models_.size() - 1;
}

}  // namespace bongsu
