#include "engine/app/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>

#include "engine/app/printable.h"
#include "engine/app/record_json.h"
#include "engine/base/strings.h"
#include "engine/config/load.h"
#include "engine/json/reader.h"

namespace bongsu {
namespace {

using record_json::At;

constexpr Duration kGrace = std::chrono::days(1);

// What measures the deeds of a kind as plant.h tells them: the names of features that begin so.
// What only follows from the deeds (how many rows were viewed meanwhile) does not count.
struct PlantedReasons {
  std::string_view kind;
  std::array<std::string_view, 7> features;
};
constexpr std::array<PlantedReasons, 6> kPlantedReasons = {{
    // When, and how much is taken.
    {"off_hours_export", {"off_hours_", "exported_", "exports_"}},
    // How many different resources, those never touched before: mostly of others.
    {"slow_collection",
     {"hoarded_", "collected_", "exported_resources_", "resources_", "foreign_resources_"}},
    // The way in, guessed and from elsewhere; then what a stranger rummages in.
    {"stolen_credentials",
     {"new_country", "new_device", "failed_logins_", "addresses_", "failure_ratio", "foreign_",
      "resources_"}},
    // Whose resources, how many, and the locked ones.
    {"snooping", {"foreign_", "denied_", "resources_", "failure_ratio"}},
    // What is done to the most sensitive.
    {"privilege_abuse",
     {"changes_", "deletions_", "sensitive_changes_", "sensitivity_", "grants_", "action_rarity"}},
    // How many pieces are taken, how much, from how many resources.
    {"mass_download", {"exports_", "exported_", "resources_"}},
}};

const PlantedReasons* FindPlantedReasons(std::string_view kind) {
  const auto at = std::find_if(kPlantedReasons.begin(), kPlantedReasons.end(),
                               [&](const PlantedReasons& one) { return one.kind == kind; });
  return at == kPlantedReasons.end() ? nullptr : &*at;
}

// One alert, all its revisions taken together.
struct Case {
  std::string user, reason, sentence;
  Timestamp start, end;
  double risk = 0;
};

std::string Text(JsonValue value, record_json::Path path) {
  return std::string(record_json::RawTextAt(value, path).value_or(""));
}

std::string ReasonOf(JsonValue alert) {
  const auto reasons = At(alert, {"unmapped", "bongsu", "explanation"});
  if (!reasons || !reasons->is_array()) return "";
  for (const JsonValue first : reasons->items()) {
    const std::string feature = Text(first, {"feature"});
    return feature.empty() ? Text(first, {"detector"}) : feature;
  }
  return "";
}

// Adds a revision to its case; false when the text is no finding.
bool Take(JsonReader* reader, std::string_view text, std::map<std::string, Case>* cases) {
  const std::optional<JsonValue> alert = reader->Parse(text);
  if (!alert) return false;
  const std::string uid = Text(*alert, {"finding_info", "uid"});
  const std::string user = Text(*alert, {"actor", "user", "uid"});
  const auto start = At(*alert, {"start_time"}), end = At(*alert, {"end_time"});
  std::optional<JsonValue> risk = At(*alert, {"unmapped", "bongsu", "risk"});
  if (!risk) risk = At(*alert, {"risk_score"});
  const auto is_time = [](const std::optional<JsonValue>& v) {
    return v && v->kind() == JsonValue::Kind::kInt;
  };
  if (uid.empty() || user.empty() || !is_time(start) || !is_time(end) || !risk ||
      !risk->is_number()) {
    return false;
  }
  const Timestamp from = FromMillis(start->AsInt()), to = FromMillis(end->AsInt());
  const auto [at, is_new] = cases->try_emplace(uid);
  Case& one = at->second;
  one.user = user;
  one.start = is_new ? from : std::min(one.start, from);
  one.end = is_new ? to : std::max(one.end, to);
  one.risk = risk->AsDouble();
  one.reason = ReasonOf(*alert);
  one.sentence = Text(*alert, {"message"});
  return true;
}

bool Meets(const Case& one, const Label& label) {
  return one.user == label.user && one.start <= label.to + kGrace && one.end >= label.from;
}

// People by their highest risk; of equal ones the name decides.
std::map<std::string, size_t> Ranks(const std::map<std::string, Case>& cases) {
  std::map<std::string, double> highest;
  for (const auto& [uid, one] : cases) {
    const auto [at, is_new] = highest.emplace(one.user, one.risk);
    if (!is_new) at->second = std::max(at->second, one.risk);
  }
  std::vector<std::pair<std::string, double>> people(highest.begin(), highest.end());
  std::stable_sort(people.begin(), people.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::map<std::string, size_t> ranks;
  for (const auto& [user, risk] : people) ranks.emplace(user, ranks.size() + 1);
  return ranks;
}

Judged JudgeLabel(const Label& label, std::span<const Case* const> of_person) {
  Judged judged;
  judged.label = label;
  for (const Case* one : of_person) {
    if (!Meets(*one, label)) continue;
    const Duration delay = std::max(one->start - label.from, Duration::zero());
    judged.delay = judged.alerted ? std::min(judged.delay, delay) : delay;
    if (!judged.alerted || one->risk > judged.risk) {
      judged.risk = one->risk;
      judged.reason = one->reason;
      judged.sentence = one->sentence;
    }
    judged.alerted = true;
  }
  judged.explained = IsPlantedReason(label.kind, judged.reason);
  return judged;
}

std::string Share(const Tally& tally) {
  return StrCat(tally.caught, "/", tally.planted);
}

// "2d4h", "1h20m", "5m", "0m": two units are enough.
std::string Roughly(Duration d) {
  constexpr int64_t kHour = 60, kDay = 1440;
  const int64_t minutes = std::chrono::floor<std::chrono::minutes>(d).count();
  if (minutes < kHour) return StrCat(minutes, "m");
  if (minutes < 2 * kDay) return StrCat(minutes / kHour, "h", minutes % kHour, "m");
  return StrCat(minutes / kDay, "d", minutes / kHour % 24, "h");
}

}  // namespace

bool IsPlantedReason(std::string_view kind, std::string_view feature) {
  const PlantedReasons* const reasons = FindPlantedReasons(kind);
  return reasons != nullptr && std::any_of(reasons->features.begin(), reasons->features.end(),
                                           [&](std::string_view name) {
                                             return !name.empty() && feature.starts_with(name);
                                           });
}

bool HasPlantedReasons(std::string_view kind) {
  return FindPlantedReasons(kind) != nullptr;
}

size_t Judgement::explained() const {
  return static_cast<size_t>(std::count_if(insiders.begin(), insiders.end(),
                                           [](const Judged& judged) { return judged.explained; }));
}

size_t Judgement::caught() const {
  return static_cast<size_t>(std::count_if(insiders.begin(), insiders.end(),
                                           [](const Judged& judged) { return judged.alerted; }));
}

std::set<std::string> Judgement::KindsPlanted() const {
  std::set<std::string> kinds;
  for (const Judged& judged : insiders) kinds.insert(judged.label.kind);
  return kinds;
}

std::set<std::string> Judgement::KindsCaught() const {
  std::set<std::string> kinds;
  for (const Judged& judged : insiders) {
    if (judged.alerted) kinds.insert(judged.label.kind);
  }
  return kinds;
}

double Judgement::precision() const {
  return alerts == 0 ? 0 : static_cast<double>(right) / static_cast<double>(alerts);
}

double Judgement::recall() const {
  return insiders.empty() ? 0
                          : static_cast<double>(caught()) / static_cast<double>(insiders.size());
}

Duration Judgement::MedianDelay() const {
  std::vector<Duration> delays;
  for (const Judged& judged : insiders) {
    if (judged.alerted) delays.push_back(judged.delay);
  }
  if (delays.empty()) return Duration::zero();
  std::sort(delays.begin(), delays.end());
  return delays[delays.size() / 2];
}

Result<std::vector<Label>> ReadLabelsFile(const std::string& path) {
  const Result<std::string> text = ReadConfigFile(path);
  if (!text.ok()) return Status(text.status().code(), StrCat(path, ": ", text.status().message()));
  Result<std::vector<Label>> labels = ReadLabels(*text);
  if (!labels.ok())
    return Status(labels.status().code(), StrCat(path, ": ", labels.status().message()));
  return labels;
}

Result<Judgement> Judge(std::span<const std::string> alerts, std::span<const Label> labels) {
  JsonReader reader;
  std::map<std::string, Case> cases;
  for (size_t i = 0; i < alerts.size(); ++i) {
    if (Take(&reader, alerts[i], &cases)) continue;
    return Status::Invalid(
        StrCat("alerts: line ", i + 1,
               " is no finding of Bongsu: expected finding_info.uid, actor.user.uid, start_time, "
               "end_time and risk_score"));
  }
  std::map<std::string, std::vector<const Case*>> by_person;
  for (const auto& [uid, one] : cases) by_person[one.user].push_back(&one);
  const std::map<std::string, size_t> ranks = Ranks(cases);
  Judgement judgement;
  judgement.alerts = static_cast<int64_t>(cases.size());
  judgement.people = ranks.size();
  std::set<const Case*> right;
  for (const Label& label : labels) {
    const auto person = by_person.find(label.user);
    Judged judged = JudgeLabel(
        label, person == by_person.end() ? std::span<const Case* const>() : person->second);
    const auto rank = ranks.find(label.user);
    if (rank != ranks.end()) judged.rank = rank->second;
    if (label.label != kInsider) {
      judgement.harmless.push_back(std::move(judged));
      continue;
    }
    judgement.insiders.push_back(std::move(judged));
    if (person == by_person.end()) continue;
    for (const Case* one : person->second) {
      if (Meets(*one, label)) right.insert(one);
    }
  }
  judgement.right = static_cast<int64_t>(right.size());
  for (const auto& [uid, one] : cases) {
    if (!right.contains(&one)) judgement.wrong.push_back({one.user, one.reason, one.start});
  }
  return judgement;
}

void AddTo(const Judgement& judgement, TallyTable* table) {
  for (const Judged& judged : judgement.insiders) {
    Tally& tally = (*table)[judged.label.kind][judged.label.effect];
    ++tally.planted;
    tally.caught += judged.alerted;
  }
}

void AddHarmlessTo(const Judgement& judgement, std::map<std::string, Tally>* table) {
  for (const Judged& judged : judgement.harmless) {
    Tally& tally = (*table)[judged.label.kind];
    ++tally.planted;
    tally.caught += judged.alerted;
  }
}

std::string InsiderTable(const Judgement& judgement) {
  std::vector<std::vector<std::string>> rows = {
      {"insider", "kind", "effect", "caught", "rank", "after", "risk", "why"}};
  for (const Judged& judged : judgement.insiders) {
    const Label& label = judged.label;
    rows.push_back({Printable(label.user), Printable(label.kind),
                    label.effect > 0 ? StrCat(label.effect, "x") : "",
                    judged.alerted ? "yes" : "no"});
    if (!judged.alerted) continue;
    for (std::string& cell : std::vector<std::string>{StrCat(judged.rank), Roughly(judged.delay),
                                                      StrCat(static_cast<int>(judged.risk)),
                                                      Printable(judged.reason)}) {
      rows.back().push_back(std::move(cell));
    }
  }
  return FormatTable(rows);
}

std::string EffectTable(const TallyTable& table) {
  std::set<double> effects;
  for (const auto& [kind, tallies] : table) {
    for (const auto& [effect, tally] : tallies) effects.insert(effect);
  }
  std::vector<std::vector<std::string>> rows = {{"caught of planted"}};
  std::map<double, Tally> totals;
  for (const double effect : effects)
    rows[0].push_back(effect > 0 ? StrCat(effect, "x") : "no effect");
  rows[0].emplace_back("all");
  const auto add_row = [&](const std::string& name, const std::map<double, Tally>& tallies) {
    std::vector<std::string>& row = rows.emplace_back(1, Printable(name));
    Tally all;
    for (const double effect : effects) {
      const auto at = tallies.find(effect);
      row.push_back(at == tallies.end() ? "-" : Share(at->second));
      if (at == tallies.end()) continue;
      all.planted += at->second.planted;
      all.caught += at->second.caught;
    }
    row.push_back(Share(all));
  };
  for (const auto& [kind, tallies] : table) {
    add_row(kind, tallies);
    for (const auto& [effect, tally] : tallies) {
      totals[effect].planted += tally.planted;
      totals[effect].caught += tally.caught;
    }
  }
  add_row("all", totals);
  return FormatTable(rows);
}

std::string HarmlessTable(const std::map<std::string, Tally>& table) {
  if (table.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"harmless", "alerted of all"}};
  for (const auto& [kind, tally] : table) rows.push_back({Printable(kind), Share(tally)});
  return FormatTable(rows);
}

std::string FormatJudgement(const Judgement& judgement) {
  TallyTable effects;
  AddTo(judgement, &effects);
  std::map<std::string, Tally> harmless;
  AddHarmlessTo(judgement, &harmless);
  const auto percent = [](double share) { return StrCat(std::lround(share * 100), " %"); };
  const std::string harmless_table = HarmlessTable(harmless);
  return StrCat(InsiderTable(judgement), "\n", EffectTable(effects), "\n", harmless_table,
                harmless_table.empty() ? "" : "\n", judgement.alerts, " alerts about ",
                judgement.people, " people; caught ", judgement.caught(), " of ",
                judgement.insiders.size(), " planted (", judgement.KindsCaught().size(), " of ",
                judgement.KindsPlanted().size(), " kinds); precision ",
                percent(judgement.precision()), ", recall ", percent(judgement.recall()), "\n");
}

void WriteJudgement(const Judgement& judgement, JsonWriter* json) {
  json->Key("planted").Int(static_cast<int64_t>(judgement.insiders.size()));
  json->Key("caught").Int(static_cast<int64_t>(judgement.caught()));
  json->Key("kinds_planted").Int(static_cast<int64_t>(judgement.KindsPlanted().size()));
  json->Key("kinds_caught").Int(static_cast<int64_t>(judgement.KindsCaught().size()));
  json->Key("precision").Double(judgement.precision());
  json->Key("recall").Double(judgement.recall());
}

}  // namespace bongsu
