// What the engine makes of one event of a file, whether or not it alerts: the file goes through the
// whole engine up to that event, so that people, detectors and alert budget know what they knew
// then. Behind `bongsu explain --event`. One thread; as slow as a replay.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/core/operator.h"

namespace bongsu {

enum class EventOutcome {
  kBelowThreshold,
  kBelowBudget,  // Its risk would do, but the budget had no room for it.
  kAlert,        // It made an alert,
  kUpdate,       // or a new revision of one,
  kFolded,       // or falls into the cool-down of one.
};

struct ExplainedEvent {
  // One feature as the detectors saw it.
  struct Feature {
    FeatureInfo info;
    double value = 0;   // NaN: none.
    Contribution seen;  // Without points: what is shown of it to people.
  };
  std::string json;  // Canonical.
  Cause origin;
  std::string user;
  Timestamp time;
  bool late = false;
  double risk = 0, user_risk = 0;  // 0-100; of the event, and of the person after it.
  double threshold = 0;            // That the risk was held against, as far as is known.
  EventOutcome outcome = EventOutcome::kBelowThreshold;
  std::vector<std::string> detectors;  // Names, by Finding::detector.
  std::vector<Finding> findings;
  std::vector<Contribution> contributions;  // Add up to `risk`; largest first.
  std::vector<Feature> features;            // In pipeline order.
  std::string alert_json;  // Of kAlert and kUpdate the revision that it made; of kFolded the last.
};

// Replays `config.sources` until the event whose event_id or origin is `wanted`; the first of
// several. `threshold` is that of the decide stage. kNotFound when there is none.
Result<ExplainedEvent> ExplainEvent(const EngineConfig& config, std::string_view wanted,
                                    double threshold,
                                    const std::function<void(int64_t records)>& progress = {});

// decide.threshold of a configuration without problems, or its default.
double AlertThreshold(const ConfigNode& root);

// One JSON object, as `explain --event --json` prints it.
std::string ExplainedEventJson(const ExplainedEvent& event);

}  // namespace bongsu
