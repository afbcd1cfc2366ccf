#include <algorithm>

#include "engine/base/strings.h"
#include "engine/json/writer.h"
#include "tests/faults/campaign.h"
#include "tests/faults/faults.h"

namespace bongsu::faults {
namespace {

// The value that a share of them does not exceed; 0 of none.
double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  return values[at];
}

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

std::string Times(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

int64_t HitsOf(const Report& report, const std::string& fault) {
  const size_t slash = fault.find('/');
  const auto found = report.facts.hits.find(fault.substr(slash + 1));
  return fault.starts_with("crash/") && found != report.facts.hits.end() ? found->second : 0;
}

std::string FirstCommits(std::string_view name, const std::vector<double>& seconds) {
  return StrCat("start to first commit, ", name, ": p50 ", Times(Quantile(seconds, 0.5)),
                " s, p95 ", Times(Quantile(seconds, 0.95)), " s, most ",
                Times(Quantile(seconds, 1)), " s (n = ", seconds.size(), ")\n");
}

void WriteQuantiles(std::string_view name, const std::vector<double>& seconds, JsonWriter* json) {
  json->Key(name).BeginObject().Key("n").Int(static_cast<int64_t>(seconds.size()));
  json->Key("p50").Double(Quantile(seconds, 0.5)).Key("p95").Double(Quantile(seconds, 0.95));
  json->Key("max").Double(Quantile(seconds, 1)).EndObject();
}

void WriteList(std::string_view name, const std::vector<std::string>& list, JsonWriter* json) {
  json->Key(name).BeginArray();
  for (const std::string& item : list) json->String(item);
  json->EndArray();
}

}  // namespace

std::string FormatText(const Report& report) {
  std::string text = Padded("fault", 26) + Padded("done", 8) + "hits\n";
  for (const auto& [fault, times] : report.done) {
    const std::string hits = fault.starts_with("crash/") ? StrCat(HitsOf(report, fault)) : "";
    text += Padded(fault, 26) + Padded(StrCat(times), 8) + hits + "\n";
  }
  for (const std::string& skipped : report.skipped) text += "skipped " + skipped + "\n";
  text += StrCat("\n", report.sent, " events sent, ", report.aborted, " transactions aborted, ",
                 Times(report.seconds), " s of faults, seed ", report.options.seed, "\n\n");
  text += Padded("topic", 26) + Padded("expected", 10) + Padded("got", 10) + Padded("lost", 8) +
          Padded("twice", 8) + Padded("extra", 8) + "moved\n";
  for (const auto& [topic, t] : report.verdict.topics) {
    text += Padded(topic, 26) + Padded(StrCat(t.expected), 10) + Padded(StrCat(t.got), 10) +
            Padded(StrCat(t.lost), 8) + Padded(StrCat(t.duplicated), 8) +
            Padded(StrCat(t.extra), 8) + StrCat(t.moved, "\n");
  }
  const Verdict& verdict = report.verdict;
  text += StrCat("\nreplay gives the same alerts: ", verdict.replay_equal ? "yes" : "NO", "\n");
  text +=
      StrCat("stores: ", verdict.stores, " compared (", verdict.stores_behind, " behind the end), ",
             verdict.stores_harmed, " harmed on disk, ", verdict.stores_wrong.size(),
             " wrong\nchangelogs: ", verdict.changelogs_wrong.size(), " of ",
             report.options.partitions, " wrong\n");
  text += StrCat("longest time without progress: ", Times(report.stillness.longest), " s; ",
                 Times(report.stillness.beyond), " s beyond the faults",
                 report.stillness.which.empty() ? "" : ", " + report.stillness.which.back(), "; ",
                 report.stillness.stalls,
                 " stalls\nlag 0 after the last fault: ", Times(report.to_lag_zero), " s\n");
  text += FirstCommits("state at hand", report.facts.first_commit) +
          FirstCommits("state gone", report.facts.first_commit_empty);
  text += StrCat("restores: ", report.facts.restores, ", ", report.facts.restored_records,
                 " changelog records in ", Times(report.facts.restore_seconds), " s\n");
  for (const auto& [words, times] : report.facts.said) {
    text += StrCat("said \"", words, "\": ", times, "\n");
  }
  for (const std::string& ended : report.facts.ended) text += "note: " + ended + "\n";
  for (const std::string& broken : report.broken) text += "BROKEN: " + broken + "\n";
  return text + (report.broken.empty() ? "every promise held\n" : "");
}

std::string FormatJson(const Report& report) {
  std::string text;
  JsonWriter json(&text);
  const CampaignOptions& o = report.options;
  json.BeginObject().Key("ok").Bool(report.broken.empty());
  json.Key("seed").Int(static_cast<int64_t>(o.seed)).Key("kafka").String(o.kafka);
  json.Key("brokers").Int(o.brokers).Key("partitions").Int(o.partitions).Key("members");
  json.Int(o.members).Key("roles").String(o.roles).Key("rate").Int(o.rate);
  json.Key("seconds").Double(report.seconds).Key("events").Int(report.sent);
  json.Key("aborted_transactions").Int(report.aborted).Key("faults").BeginObject();
  for (const auto& [fault, times] : report.done) json.Key(fault).Int(times);
  json.EndObject().Key("crash_points_hit").BeginObject();
  for (const auto& [point, times] : report.facts.hits) json.Key(point).Int(times);
  json.EndObject().Key("topics").BeginObject();
  for (const auto& [topic, t] : report.verdict.topics) {
    json.Key(topic).BeginObject().Key("expected").Int(t.expected).Key("got").Int(t.got);
    json.Key("lost").Int(t.lost).Key("duplicated").Int(t.duplicated).Key("extra").Int(t.extra);
    json.Key("moved").Int(t.moved).EndObject();
  }
  json.EndObject().Key("replay_equal").Bool(report.verdict.replay_equal);
  json.Key("stores").Int(report.verdict.stores).Key("stores_behind");
  json.Int(report.verdict.stores_behind).Key("stores_harmed").Int(report.verdict.stores_harmed);
  WriteList("stores_wrong", report.verdict.stores_wrong, &json);
  WriteList("changelogs_wrong", report.verdict.changelogs_wrong, &json);
  json.Key("longest_without_progress").Double(report.stillness.longest);
  json.Key("longest_beyond_faults").Double(report.stillness.beyond);
  WriteList("stood_still", report.stillness.which, &json);
  json.Key("stalls").Int(report.stillness.stalls).Key("lag_zero_after").Double(report.to_lag_zero);
  WriteQuantiles("first_commit", report.facts.first_commit, &json);
  WriteQuantiles("first_commit_state_gone", report.facts.first_commit_empty, &json);
  json.Key("restores").Int(report.facts.restores).Key("restored_records");
  json.Int(report.facts.restored_records).Key("restore_seconds");
  json.Double(report.facts.restore_seconds).Key("said").BeginObject();
  for (const auto& [words, times] : report.facts.said) json.Key(words).Int(times);
  json.EndObject();
  WriteList("skipped", report.skipped, &json);
  WriteList("ended_with_an_error", report.facts.ended, &json);
  WriteList("broken", report.broken, &json);
  json.EndObject();
  return text + "\n";
}

}  // namespace bongsu::faults
