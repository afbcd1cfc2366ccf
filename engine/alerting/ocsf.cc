#include "engine/alerting/ocsf.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "engine/alerting/explanation.h"
#include "engine/base/strings.h"
#include "engine/crypto/digest.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr int kCategory = 2, kClass = 2004;
constexpr std::string_view kOcsfVersion = "1.5.0";
constexpr int kStatusNew = 1;
constexpr int kUserName = 4, kIpAddress = 2, kResourceUid = 10;  // Observables, as numbered in 1.1.

// What a finding takes out of the event that is its evidence. Views live until the next Parse.
struct Evidence {
  bool readable = false;
  std::string_view action, src_ip, device_id, session_id, resource_id, resource_type, country;
};

Evidence ReadEvidence(JsonReader* reader, std::string_view event_json) {
  Evidence evidence;
  const auto event = reader->Parse(event_json);
  if (!event || !event->is_object()) return evidence;
  evidence.readable = true;
  const auto text = [&event](Field field) -> std::string_view {
    const auto value = event->Find(kFieldNames[field]);
    return value && value->is_string() ? value->AsString() : std::string_view();
  };
  evidence.action = text(kAction);
  evidence.src_ip = text(kSrcIp);
  evidence.device_id = text(kDeviceId);
  evidence.session_id = text(kSessionId);
  evidence.resource_id = text(kResourceId);
  evidence.resource_type = text(kResourceType);
  evidence.country = text(kCountry);
  return evidence;
}

bool IsIp(std::string_view text) {
  const std::string copy(text);
  unsigned char address[sizeof(in6_addr)];
  return copy.size() == text.size() && (inet_pton(AF_INET, copy.c_str(), address) == 1 ||
                                        inet_pton(AF_INET6, copy.c_str(), address) == 1);
}

std::string_view SeverityCaption(Severity severity) {
  static constexpr std::string_view kCaptions[] = {"Informational", "Low", "Medium", "High",
                                                   "Critical"};
  return kCaptions[static_cast<size_t>(severity)];
}

void WriteOrigin(JsonWriter* json, const Cause& cause) {
  json->BeginObject().Key("source").String(cause.source).Key("partition").Int(cause.partition);
  json->Key("offset").Int(cause.offset).Key("index").Int(cause.index).EndObject();
}

// What OCSF knows as an anomaly, and as the baseline that it departs from.
void WriteObservation(JsonWriter* json, const Contribution& c, const std::string& value,
                      const std::string& pattern) {
  json->BeginObject().Key("observation_parameter").String(c.feature);
  if (!c.unit.empty()) json->Key("observation_type").String(c.unit);
  json->Key("observations").BeginArray().BeginObject().Key("value").String(value).EndObject();
  json->EndArray().Key("observed_pattern").String(pattern).EndObject();
}

void WriteUser(JsonWriter* json, std::string_view user) {
  json->BeginObject().Key("uid").String(user).Key("name").String(user).EndObject();
}

void WriteObservable(JsonWriter* json, std::string_view name, int type, std::string_view value) {
  if (value.empty()) return;
  json->BeginObject().Key("name").String(name).Key("type_id").Int(type);
  json->Key("value").String(value).EndObject();
}

void WriteObservables(JsonWriter* json, const Alert& alert, const Evidence& evidence) {
  json->Key("observables").BeginArray();
  WriteObservable(json, "actor.user.name", kUserName, alert.user);
  if (IsIp(evidence.src_ip)) {
    WriteObservable(json, "evidences[0].src_endpoint.ip", kIpAddress, evidence.src_ip);
  }
  WriteObservable(json, "resources[0].uid", kResourceUid, evidence.resource_id);
  json->EndArray();
}

void WriteEndpoint(JsonWriter* json, const Evidence& evidence) {
  if (evidence.src_ip.empty() && evidence.country.empty()) return;
  json->Key("src_endpoint").BeginObject();
  if (IsIp(evidence.src_ip)) {
    json->Key("ip").String(evidence.src_ip);
  } else {
    json->Key("name").String(evidence.src_ip.empty() ? "unknown" : evidence.src_ip);
  }
  if (!evidence.country.empty()) {
    json->Key("location").BeginObject().Key("country").String(evidence.country).EndObject();
  }
  json->EndObject();
}

void WriteEvidence(JsonWriter* json, const Alert& alert, const Evidence& evidence) {
  json->Key("evidences").BeginArray().BeginObject();
  json->Key("actor").BeginObject().Key("user");
  WriteUser(json, alert.user);
  if (!evidence.session_id.empty()) {
    json->Key("session").BeginObject().Key("uid").String(evidence.session_id).EndObject();
  }
  json->EndObject();
  if (!evidence.action.empty()) {
    json->Key("api").BeginObject().Key("operation").String(evidence.action).EndObject();
  }
  WriteEndpoint(json, evidence);
  json->Key("data");
  if (evidence.readable) {
    json->Raw(alert.event_json);
  } else {
    json->BeginObject().Key("unreadable").String(alert.event_json).EndObject();
  }
  json->EndObject().EndArray();
}

void WriteAnomalies(JsonWriter* json, const Alert& alert,
                    const std::vector<Contribution>& contributions) {
  const auto observed = [](const Contribution& c) { return std::isfinite(c.observed); };
  if (std::none_of(contributions.begin(), contributions.end(), observed)) return;
  json->Key("anomaly_analyses").BeginArray().BeginObject().Key("analysis_targets").BeginArray();
  json->BeginObject().Key("name").String(alert.user).Key("type").String("User").EndObject();
  json->EndArray().Key("anomalies").BeginArray();
  for (const Contribution& c : contributions) {
    if (!observed(c)) continue;
    WriteObservation(json, c, StrCat(c.observed),
                     StrCat(c.detector, ": ", c.points, " of ", WholeRisk(alert.risk), " points"));
  }
  json->EndArray();
  const auto known = [&](const Contribution& c) {
    return observed(c) && std::isfinite(c.normal.usual);
  };
  if (std::any_of(contributions.begin(), contributions.end(), known)) {
    json->Key("baselines").BeginArray();
    for (const Contribution& c : contributions) {
      if (!known(c)) continue;
      WriteObservation(
          json, c, StrCat(c.normal.usual),
          StrCat("own past: usually ", c.normal.usual, ", rarely above ", c.normal.high));
    }
    json->EndArray();
  }
  json->EndObject().EndArray();
}

void AppendField(std::string* out, std::string_view field) {
  *out += StrCat(field.size(), ':', field);
}

}  // namespace

void WriteContributions(JsonWriter* json, const std::vector<Contribution>& contributions) {
  json->BeginArray();
  for (const Contribution& c : contributions) {
    json->BeginObject().Key("detector").String(c.detector).Key("feature").String(c.feature);
    json->Key("points").Double(c.points).Key("observed").Double(c.observed);
    json->Key("unit").String(c.unit);
    if (std::isfinite(c.normal.usual)) {
      json->Key("normal").BeginObject().Key("usual").Double(c.normal.usual);
      json->Key("high").Double(c.normal.high).EndObject();
    }
    if (std::isfinite(c.tail)) json->Key("share_of_events").Double(c.tail);
    if (!c.value.empty()) json->Key("value").String(c.value);
    json->EndObject();
  }
  json->EndArray();
}

std::string FindingUid(std::string_view tenant, std::string_view detector, std::string_view user,
                       const Origin& cause) {
  std::string bytes;
  AppendField(&bytes, tenant);
  AppendField(&bytes, detector);
  AppendField(&bytes, user);
  AppendField(&bytes, cause.source);
  AppendField(&bytes, StrCat(cause.partition));
  AppendField(&bytes, StrCat(cause.offset));
  AppendField(&bytes, StrCat(cause.index));
  return Sha256Hex(bytes).substr(0, 32);
}

struct OcsfEncoder::Impl {
  explicit Impl(OcsfOptions o);
  // As written: units known, points adding up to the whole risk.
  std::vector<Contribution> Explain(const Alert& alert) const;
  void WriteFindingInfo(JsonWriter* json, const Alert& alert, const std::string& uid) const;
  void WriteHead(JsonWriter* json, const Alert& alert, const std::string& uid) const;
  void WriteOurs(JsonWriter* json, const Alert& alert,
                 const std::vector<Contribution>& contributions, std::string_view message) const;

  const OcsfOptions options;
  const Explainer explainer;
  std::map<std::string_view, const OcsfDetector*> detectors;
  std::map<std::string_view, std::string_view> units;
  std::string models_json;
  JsonReader reader;
};

OcsfEncoder::Impl::Impl(OcsfOptions o) : options(std::move(o)), explainer(options.features) {
  for (const OcsfDetector& detector : options.detectors) detectors[detector.name] = &detector;
  for (const FeatureInfo& feature : options.features) units[feature.name] = feature.unit;
  JsonWriter json(&models_json);
  json.BeginArray();
  for (const OcsfModel& model : options.models) {
    json.BeginObject().Key("name").String(model.name).Key("version").String(model.version);
    json.Key("digest").String(model.digest).EndObject();
  }
  json.EndArray();
}

std::vector<Contribution> OcsfEncoder::Impl::Explain(const Alert& alert) const {
  std::vector<Contribution> contributions = alert.contributions;
  std::vector<double> points;
  for (Contribution& c : contributions) {
    points.push_back(c.points);
    const auto unit = units.find(c.feature);
    if (c.unit.empty() && unit != units.end()) c.unit = unit->second;
  }
  const double rest = RoundPoints(alert.risk, WholeRisk(alert.risk), &points);
  for (size_t i = 0; i < points.size(); ++i) contributions[i].points = points[i];
  if (rest != 0) {
    contributions.push_back({"other", "other", rest, std::nan(""), "points"});
  }
  return contributions;
}

void OcsfEncoder::Impl::WriteHead(JsonWriter* json, const Alert& alert,
                                  const std::string& uid) const {
  const Severity severity = SeverityOf(alert.risk);
  const int activity = static_cast<int>(alert.activity);
  json->Key("activity_id").Int(activity).Key("category_uid").Int(kCategory);
  json->Key("class_uid").Int(kClass).Key("type_uid").Int(kClass * 100 + activity);
  json->Key("time").Int(ToMillis(alert.time));
  json->Key("severity_id").Int(static_cast<int>(severity) + 1);
  json->Key("severity").String(SeverityCaption(severity)).Key("status_id").Int(kStatusNew);
  json->Key("is_alert").Bool(true);
  json->Key("metadata").BeginObject().Key("version").String(kOcsfVersion);
  json->Key("product").BeginObject().Key("name").String("Bongsu");
  json->Key("vendor_name").String("Bongsu");
  json->Key("version").String(options.product_version).EndObject();
  // `actor` and `device` of a finding belong to this profile.
  json->Key("profiles").BeginArray().String("host").EndArray();
  json->Key("tenant_uid").String(options.tenant);
  json->Key("uid").String(StrCat(uid, ".s", alert.revision));
  json->Key("sequence").Int(alert.revision).EndObject();
}

void OcsfEncoder::Impl::WriteFindingInfo(JsonWriter* json, const Alert& alert,
                                         const std::string& uid) const {
  static const OcsfDetector kUnlisted;
  const auto found = detectors.find(alert.detector);
  const OcsfDetector& detector = found == detectors.end() ? kUnlisted : *found->second;
  json->Key("finding_info").BeginObject().Key("uid").String(uid);
  json->Key("title").String(StrCat("Unusual behaviour found by ", alert.detector));
  json->Key("analytic").BeginObject().Key("type_id").Int(static_cast<int>(detector.kind));
  json->Key("uid").String(alert.detector).Key("name").String(alert.detector);
  json->Key("version").String(detector.version).EndObject();
  if (!detector.attacks.empty()) {
    json->Key("attacks").BeginArray();
    for (const OcsfTechnique& technique : detector.attacks) {
      json->BeginObject().Key("technique").BeginObject().Key("uid").String(technique.uid);
      json->Key("name").String(technique.name.empty() ? technique.uid : technique.name);
      json->EndObject().EndObject();
    }
    json->EndArray();
  }
  json->EndObject();
}

void OcsfEncoder::Impl::WriteOurs(JsonWriter* json, const Alert& alert,
                                  const std::vector<Contribution>& contributions,
                                  std::string_view message) const {
  json->Key("unmapped").BeginObject().Key("bongsu").BeginObject();
  json->Key("risk").Double(alert.risk).Key("user_risk").Double(alert.user_risk);
  json->Key("count").Int(alert.count).Key("detector").String(alert.detector);
  json->Key("sentence").BeginObject().Key("en").String(message);
  json->Key("ko").String(explainer.Korean(alert, contributions)).EndObject();
  json->Key("explanation");
  WriteContributions(json, contributions);
  json->Key("features").BeginObject();
  std::set<std::string_view> seen;
  for (const Contribution& c : contributions) {
    if (std::isfinite(c.observed) && seen.insert(c.feature).second) {
      json->Key(c.feature).Double(c.observed);
    }
  }
  json->EndObject().Key("origin");
  WriteOrigin(json, alert.cause);
  json->Key("evidence_origin");
  WriteOrigin(json, alert.evidence);
  json->Key("config_digest").String(options.config_digest);
  json->Key("models").Raw(models_json).EndObject().EndObject();
}

OcsfEncoder::OcsfEncoder(OcsfOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
OcsfEncoder::~OcsfEncoder() = default;

void OcsfEncoder::EncodeAlert(const Alert& alert, std::string* out) {
  const std::string uid =
      FindingUid(impl_->options.tenant, alert.detector, alert.user, alert.cause.origin());
  const std::vector<Contribution> contributions = impl_->Explain(alert);
  const Evidence evidence = ReadEvidence(&impl_->reader, alert.event_json);
  const double confidence = std::clamp(alert.confidence, 0.0, 100.0);
  JsonWriter json(out);
  json.BeginObject();
  impl_->WriteHead(&json, alert, uid);
  const std::string message = impl_->explainer.English(alert, contributions);
  json.Key("message").String(message);
  impl_->WriteFindingInfo(&json, alert, uid);
  json.Key("risk_score").Int(WholeRisk(alert.risk));
  json.Key("risk_level_id").Int(static_cast<int>(SeverityOf(alert.risk)));
  json.Key("confidence_score").Int(WholeRisk(confidence));
  json.Key("confidence_id").Int(confidence < 34 ? 1 : confidence < 67 ? 2 : 3);
  json.Key("start_time").Int(ToMillis(alert.start)).Key("end_time").Int(ToMillis(alert.end));
  json.Key("count").Int(alert.count).Key("actor").BeginObject().Key("user");
  WriteUser(&json, alert.user);
  json.EndObject();
  if (!evidence.device_id.empty()) {
    // Type 0 is "unknown": the event names a device but not its kind.
    json.Key("device").BeginObject().Key("type_id").Int(0);
    json.Key("uid").String(evidence.device_id).EndObject();
  }
  if (!evidence.resource_id.empty()) {
    json.Key("resources").BeginArray().BeginObject().Key("uid").String(evidence.resource_id);
    if (!evidence.resource_type.empty()) json.Key("type").String(evidence.resource_type);
    json.EndObject().EndArray();
  }
  WriteEvidence(&json, alert, evidence);
  WriteAnomalies(&json, alert, contributions);
  WriteObservables(&json, alert, evidence);
  impl_->WriteOurs(&json, alert, contributions, message);
  json.EndObject();
}

void OcsfEncoder::EncodeUserRisk(const UserRisk& risk, std::string* out) {
  const double score = std::round(risk.score * 100) / 100;
  JsonWriter json(out);
  json.BeginObject().Key("version").Int(1).Key("user_id").String(risk.user);
  json.Key("score").Double(score).Key("severity").String(SeverityName(SeverityOf(score)));
  json.Key("as_of").Int(ToMillis(risk.as_of));
  json.Key("half_life_s").Double(ToSeconds(risk.half_life)).Key("contributions");
  WriteContributions(&json, risk.contributions);
  json.Key("features").BeginObject();
  for (const auto& [name, value] : risk.features) json.Key(name).Double(value);
  json.EndObject().Key("recent_events").BeginArray();
  for (const RiskyEvent& event : risk.recent) {
    json.BeginObject().Key("time").Int(ToMillis(event.time)).Key("risk").Double(event.risk);
    json.Key("origin");
    WriteOrigin(&json, event.cause);
    json.EndObject();
  }
  json.EndArray().Key("origin");
  WriteOrigin(&json, risk.cause);
  json.EndObject();
}

void OcsfEncoder::EncodeSample(const Sample& sample, std::string* out) {
  JsonWriter json(out);
  json.BeginObject().Key("version").Int(1).Key("user_id").String(sample.user);
  json.Key("why").String(SampleWhyName(sample.why)).Key("time").Int(ToMillis(sample.time));
  json.Key("risk").Double(sample.risk).Key("threshold").Double(sample.threshold);
  json.Key("user_risk").Double(sample.user_risk).Key("detectors").BeginObject();
  for (size_t i = 0; i < std::min(sample.risks.size(), impl_->options.detectors.size()); ++i) {
    json.Key(impl_->options.detectors[i].name).Double(sample.risks[i]);
  }
  json.EndObject().Key("features").BeginObject();
  for (size_t i = 0; i < std::min(sample.features.size(), impl_->options.features.size()); ++i) {
    json.Key(impl_->options.features[i].name).Double(sample.features[i]);
  }
  json.EndObject().Key("origin");
  WriteOrigin(&json, sample.cause);
  json.Key("config_digest").String(impl_->options.config_digest).EndObject();
}

}  // namespace bongsu
