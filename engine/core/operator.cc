#include "engine/core/operator.h"

#include "engine/base/strings.h"

namespace bongsu {

std::string_view SeverityName(Severity severity) {
  constexpr std::string_view kNames[] = {"informational", "low", "medium", "high", "critical"};
  return kNames[static_cast<size_t>(severity)];
}

std::string_view SampleWhyName(Sample::Why why) {
  constexpr std::string_view kNames[] = {"alert", "below_budget", "random"};
  return kNames[static_cast<size_t>(why)];
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

void AddContributions(std::string_view detector, double points, std::span<const Reason> reasons,
                      const std::vector<FeatureInfo>& features, const Event& event,
                      std::vector<Contribution>* out) {
  if (points <= 0) return;
  double explained = 0;
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].share <= 0) continue;
    explained += reasons[i].share;
    const FeatureInfo& info = features[i];
    const size_t shown = info.of == FeatureInfo::kNone ? i : info.of;
    Contribution& part = out->emplace_back();
    part.detector = detector;
    part.feature = info.name;
    part.points = points * reasons[i].share;
    part.observed = event.features[shown];
    part.unit = features[shown].unit;
    part.normal = event.normals[i];
    part.tail = reasons[i].tail;
    if (info.field < event.fields.size() && part.observed > 0)
      part.value = event.fields[info.field].text;
  }
  if (explained > 0) return;
  Contribution& all = out->emplace_back();
  all.detector = detector;
  all.points = points;
  all.observed = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace bongsu
