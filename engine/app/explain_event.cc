#include "engine/app/explain_event.h"

#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "engine/alerting/ocsf.h"
#include "engine/app/record_json.h"
#include "engine/app/replay.h"
#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

using record_json::CauseAt;
using record_json::NumberAt;
using record_json::TextAt;
using record_json::TimeAt;

bool Same(const Origin& a, const Origin& b) {
  return a.source == b.source && a.partition == b.partition && a.offset == b.offset &&
         a.index == b.index;
}

// Copies what the pipeline knows of the event.
void Take(const Event& event, Context& context, const std::vector<FeatureInfo>& infos,
          ExplainedEvent* out) {
  const Verdict& verdict = context.verdict();
  out->json = event.raw;
  out->origin = {std::string(event.origin.source), event.origin.partition, event.origin.offset,
                 event.origin.index};
  out->user = event.user;
  out->time = event.time;
  out->late = event.late;
  out->risk = verdict.risk;
  out->user_risk = verdict.user_risk;
  out->findings = verdict.findings;
  out->contributions = context.Explain(event);
  const std::vector<Reason> all(infos.size(), Reason{1});
  std::vector<Contribution> seen;
  AddContributions("", 1, all, infos, event, &seen);
  for (size_t i = 0; i < infos.size(); ++i) {
    seen[i].points = 0;
    out->features.push_back({infos[i], event.features[i], std::move(seen[i])});
  }
}

// The threshold that the event was held against, where the alert budget moved it.
void FindThreshold(const std::vector<std::string>& samples, ExplainedEvent* event) {
  JsonReader reader;
  for (const std::string& json : samples) {
    const auto sample = reader.Parse(json);
    if (!sample) continue;
    const auto cause = CauseAt(*sample, {"origin"});
    if (!cause || !Same(cause->origin(), event->origin.origin())) continue;
    event->threshold = NumberAt(*sample, {"threshold"});
  }
}

// The alert that the event made or changed, else the last one of the person before it.
void FindAlert(const std::vector<std::string>& alerts, ExplainedEvent* event) {
  JsonReader reader(JsonLimits{.bytes = size_t{16} << 20});
  const Origin origin = event->origin.origin();
  for (const std::string& json : alerts) {
    const auto alert = reader.Parse(json);
    if (!alert || TextAt(*alert, {"actor", "user", "uid"}) != Printable(event->user)) continue;
    const auto cause = CauseAt(*alert, {"unmapped", "bongsu", "origin"});
    const auto evidence = CauseAt(*alert, {"unmapped", "bongsu", "evidence_origin"});
    const bool made = cause && Same(cause->origin(), origin);
    if (made || (evidence && Same(evidence->origin(), origin))) {
      event->alert_json = json;
      event->outcome = made ? EventOutcome::kAlert : EventOutcome::kUpdate;
      return;
    }
    if (const auto start = TimeAt(*alert, "start_time"); start && *start <= event->time)
      event->alert_json = json;
  }
}

void WriteFeature(const ExplainedEvent::Feature& feature, JsonWriter* json) {
  json->Key(feature.info.name).BeginObject().Key("value").Double(feature.value);
  json->Key("unit").String(feature.info.unit);
  const Contribution& seen = feature.seen;
  if (feature.info.of != FeatureInfo::kNone) {
    json->Key("observed").Double(seen.observed).Key("observed_unit").String(seen.unit);
  }
  if (std::isfinite(seen.normal.usual)) {
    json->Key("normal").BeginObject().Key("usual").Double(seen.normal.usual);
    json->Key("high").Double(seen.normal.high).EndObject();
  }
  if (!seen.value.empty()) json->Key("new_value").String(seen.value);
  json->EndObject();
}

std::string_view NameOf(EventOutcome outcome) {
  constexpr std::string_view kNames[] = {"below_threshold", "below_budget", "alert", "update",
                                         "folded"};
  return kNames[static_cast<size_t>(outcome)];
}

}  // namespace

double AlertThreshold(const ConfigNode& root) {
  const ConfigNode* decide = root.Find("decide");
  const ConfigNode* set = decide == nullptr ? nullptr : decide->Find("threshold");
  std::string text = set == nullptr ? "" : set->scalar;
  for (const FieldInfo& field : FindOperator("decide")->fields) {
    if (text.empty() && field.name == "threshold") text = field.default_text;
  }
  double threshold = 0;
  std::from_chars(text.data(), text.data() + text.size(), threshold);
  return threshold;
}

Result<ExplainedEvent> ExplainEvent(const EngineConfig& config, std::string_view wanted,
                                    double threshold,
                                    const std::function<void(int64_t records)>& progress) {
  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> operators;
  BONGSU_RETURN_IF_ERROR(BuildPipeline(config, &schema, &operators));
  const Result<Origin> origin = ParseOrigin(wanted);
  ExplainedEvent event;
  bool found = false, alerted = false;
  ReplayOptions options;
  options.progress = progress;
  options.observe = [&](const Event& seen, Context& context) {
    found = seen.fields[kEventId].text == wanted || (origin.ok() && Same(seen.origin, *origin));
    if (!found) return false;
    Take(seen, context, schema.features(), &event);
    alerted = context.verdict().alerted;
    return true;
  };
  BONGSU_ASSIGN_OR_RETURN(const ReplayResult result, Replay(config, options));
  if (!found) {
    std::string refused;
    if (result.dead_letters > 0) {
      refused =
          StrCat(" (", result.dead_letters,
                 " records are dead letters: `bongsu replay --dead-letters FILE` shows them)");
    }
    return Status::NotFound(StrCat("no event has the event_id or the origin \"", wanted,
                                   "\" among the ", result.events, " events of the input",
                                   refused));
  }
  event.threshold = threshold;
  event.detectors = schema.detectors();
  if (event.risk < threshold) return event;
  FindThreshold(result.sample_json, &event);
  event.outcome = alerted ? EventOutcome::kFolded : EventOutcome::kBelowBudget;
  if (alerted) FindAlert(result.alert_json, &event);
  return event;
}

std::string ExplainedEventJson(const ExplainedEvent& event) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("event").Raw(event.json);
  json.Key("origin").String(FormatOrigin(event.origin.origin()));
  json.Key("late").Bool(event.late).Key("risk").Double(event.risk);
  json.Key("severity").String(SeverityName(SeverityOf(event.risk)));
  json.Key("user_risk").Double(event.user_risk).Key("threshold").Double(event.threshold);
  json.Key("outcome").String(NameOf(event.outcome)).Key("detectors").BeginArray();
  for (const Finding& finding : event.findings) {
    json.BeginObject().Key("name").String(event.detectors[finding.detector]);
    json.Key("raw").Double(finding.raw).Key("tail").Double(finding.tail);
    json.Key("risk").Double(finding.risk).Key("maturity").Double(finding.maturity).EndObject();
  }
  json.EndArray().Key("contributions");
  WriteContributions(&json, event.contributions);
  json.Key("features").BeginObject();
  for (const ExplainedEvent::Feature& feature : event.features) WriteFeature(feature, &json);
  json.EndObject().Key("alert");
  if (event.alert_json.empty()) {
    json.Null();
  } else {
    json.Raw(event.alert_json);
  }
  json.EndObject();
  return out;
}

}  // namespace bongsu
