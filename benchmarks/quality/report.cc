#include "benchmarks/quality/report.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <ranges>
#include <set>

#include "benchmarks/support/machine.h"
#include "engine/app/printable.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kKindsWanted = 5;

// The figures of one seed. Of insiders only those planted count, not those a log had before.
struct Figures {
  Tally insiders, kinds, reasons,
      harmless;  // Of reasons: those of the caught that are the planted.
  double alerts = 0, precision = 0;
  double rank = 0, delay_hours = 0;  // Medians of those caught.
};

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Share(const Tally& tally) {
  return tally.planted == 0
             ? 0
             : static_cast<double>(tally.caught) / static_cast<double>(tally.planted);
}

Figures FiguresOf(const Judgement& judgement) {
  Figures figures;
  std::set<std::string> planted, caught;
  std::vector<double> ranks, delays;
  for (const Judged& judged : judgement.insiders) {
    if (!HasPlantedReasons(judged.label.kind)) continue;
    ++figures.insiders.planted;
    planted.insert(judged.label.kind);
    if (!judged.alerted) continue;
    ++figures.insiders.caught;
    caught.insert(judged.label.kind);
    figures.reasons.caught += judged.explained;
    ranks.push_back(static_cast<double>(judged.rank));
    delays.push_back(std::chrono::duration<double, std::ratio<3600>>(judged.delay).count());
  }
  figures.kinds = {planted.size(), caught.size()};
  figures.reasons.planted = figures.insiders.caught;
  for (const Judged& judged : judgement.harmless) {
    ++figures.harmless.planted;
    figures.harmless.caught += judged.alerted;
  }
  figures.alerts = static_cast<double>(judgement.alerts);
  figures.precision = judgement.precision();
  figures.rank = Median(std::move(ranks));
  figures.delay_hours = Median(std::move(delays));
  return figures;
}

std::vector<Figures> AllFigures(std::span<const Run> runs) {
  std::vector<Figures> all;
  for (const Run& run : runs) all.push_back(FiguresOf(run.trial.judgement));
  return all;
}

// A column: what stands in the line of a seed, and the number behind it for the mean.
struct Column {
  std::string_view title, name;
  std::function<double(const Figures&)> number;
  std::function<std::string(const Figures&)> cell;
  int digits;  // Of the mean.
};

std::string OutOf(const Tally& tally) {
  return StrCat(tally.caught, "/", tally.planted);
}

std::vector<Column> Columns() {
  using F = const Figures&;
  return {
      {"caught", "recall", [](F f) { return Share(f.insiders); },
       [](F f) { return OutOf(f.insiders); }, 2},
      {"kinds", "kinds_caught", [](F f) { return static_cast<double>(f.kinds.caught); },
       [](F f) { return OutOf(f.kinds); }, 1},
      {"alerts", "alerts", [](F f) { return f.alerts; }, [](F f) { return Fixed(f.alerts, 0); }, 1},
      {"precision", "precision", [](F f) { return f.precision; },
       [](F f) { return Fixed(f.precision, 2); }, 2},
      {"planted reason", "planted_reason", [](F f) { return Share(f.reasons); },
       [](F f) { return OutOf(f.reasons); }, 2},
      {"harmless alerted", "harmless_alerted", [](F f) { return Share(f.harmless); },
       [](F f) { return OutOf(f.harmless); }, 2},
      {"median rank", "median_rank", [](F f) { return f.rank; },
       [](F f) { return Fixed(f.rank, 0); }, 1},
      {"median delay, hours", "median_delay_hours", [](F f) { return f.delay_hours; },
       [](F f) { return Fixed(f.delay_hours, 1); }, 1},
  };
}

MeanSd Over(std::span<const Figures> all, const Column& column) {
  std::vector<double> values;
  for (const Figures& figures : all) values.push_back(column.number(figures));
  return MeanAndSd(values);
}

size_t SeedsWithEnoughKinds(std::span<const Figures> all) {
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const Figures& figures) {
    return figures.kinds.caught >= kKindsWanted;
  }));
}

std::string SeedTable(std::span<const Run> runs, std::span<const Figures> all) {
  const std::vector<Column> columns = Columns();
  std::vector<std::vector<std::string>> rows = {{"seed"}};
  for (const Column& column : columns) rows[0].emplace_back(column.title);
  for (size_t i = 0; i < runs.size(); ++i) {
    rows.push_back({StrCat(runs[i].seed)});
    for (const Column& column : columns) rows.back().push_back(column.cell(all[i]));
  }
  rows.push_back({"mean"});
  for (const Column& column : columns)
    rows.back().push_back(Spread(Over(all, column), column.digits));
  return FormatTable(rows);
}

// Of those caught, how often which feature leads, by kind.
using Reasons = std::map<std::string, std::map<std::string, size_t>>;

Reasons CountReasons(std::span<const Run> runs) {
  Reasons reasons;
  for (const Run& run : runs) {
    for (const Judged& judged : run.trial.judgement.insiders) {
      if (judged.alerted) ++reasons[judged.label.kind][judged.reason];
    }
  }
  return reasons;
}

// The most frequent first.
std::vector<std::pair<std::string, size_t>> Sorted(const std::map<std::string, size_t>& counts) {
  std::vector<std::pair<std::string, size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string ReasonTable(const Reasons& reasons) {
  std::vector<std::vector<std::string>> rows = {
      {"kind", "top reason of the caught (* not planted)"}};
  for (const auto& [kind, counts] : reasons) {
    std::string cell;
    for (const auto& [feature, times] : Sorted(counts)) {
      cell += StrCat(cell.empty() ? "" : ", ", Printable(feature),
                     IsPlantedReason(kind, feature) ? " " : "* ", times);
    }
    rows.push_back({Printable(kind), cell});
  }
  return FormatTable(rows);
}

// Those whom the log had before, by person: in how many runs they alerted, and what was said first.
std::string OfLogTable(std::span<const Run> runs) {
  std::map<std::string, std::vector<const Judged*>> people;
  for (const Run& run : runs) {
    for (const Judged& judged : run.trial.judgement.insiders) {
      if (!HasPlantedReasons(judged.label.kind)) people[judged.label.user].push_back(&judged);
    }
  }
  if (people.empty()) return "";
  std::vector<std::vector<std::string>> rows = {
      {"of the log", "alerted", "rank", "after, days", "risk", "top reason"}};
  for (const auto& [user, all] : people) {
    Tally tally;
    const Judged* first = nullptr;
    for (const Judged* judged : all) {
      ++tally.planted;
      tally.caught += judged->alerted;
      if (judged->alerted && first == nullptr) first = judged;
    }
    rows.push_back({Printable(user), OutOf(tally)});
    if (first == nullptr) continue;
    const double days = std::chrono::duration<double, std::ratio<86400>>(first->delay).count();
    for (std::string cell :
         {StrCat(first->rank), Fixed(days, 1), Fixed(first->risk, 0), Printable(first->reason)})
      rows.back().push_back(std::move(cell));
  }
  return FormatTable(rows) + "\n";
}

// What leads in alerts that are wrong, and the days of their start, here in Seoul, with the most.
std::string WrongLines(std::span<const Run> runs) {
  std::map<std::string, size_t> reasons, days;
  for (const Run& run : runs) {
    for (const WrongAlert& alert : run.trial.judgement.wrong) {
      ++reasons[alert.reason];
      ++days[FormatRfc3339(alert.start + std::chrono::hours(9)).substr(0, 10)];
    }
  }
  const auto most = [](const std::map<std::string, size_t>& counts) {
    std::string text;
    for (const auto& [name, times] : Sorted(counts) | std::views::take(8))
      text += StrCat(text.empty() ? "" : ", ", Printable(name), " ", times);
    return text;
  };
  return StrCat("wrong alerts, top reason: ", most(reasons), "\nwrong alerts, day: ", most(days),
                "\n");
}

std::string MissingLines(std::span<const Run> runs) {
  std::map<std::string, size_t> counts;
  for (const Run& run : runs) {
    for (const std::string& line : run.missing) ++counts[line];
  }
  std::string text;
  for (const auto& [line, times] : counts)
    text += StrCat("not planted (", times, " of ", runs.size(), " seeds): ", line, "\n");
  return text.empty() ? "" : text + "\n";
}

struct Tables {
  TallyTable effects;
  std::map<std::string, Tally> harmless;
};

Tables AddUp(std::span<const Run> runs) {
  Tables tables;
  for (const Run& run : runs) {
    AddTo(run.trial.judgement, &tables.effects);
    AddHarmlessTo(run.trial.judgement, &tables.harmless);
  }
  return tables;
}

void WriteTally(const Tally& tally, JsonWriter* json) {
  json->Key("planted").Int(static_cast<int64_t>(tally.planted));
  json->Key("caught").Int(static_cast<int64_t>(tally.caught));
}

void WriteTotals(const Tables& tables, const Reasons& reasons, JsonWriter* json) {
  json->Key("kinds").BeginArray();
  for (const auto& [kind, effects] : tables.effects) {
    for (const auto& [effect, tally] : effects) {
      json->BeginObject().Key("kind").String(kind).Key("effect").Double(effect);
      WriteTally(tally, json);
      json->EndObject();
    }
  }
  json->EndArray().Key("reasons").BeginArray();
  for (const auto& [kind, counts] : reasons) {
    for (const auto& [feature, times] : Sorted(counts)) {
      json->BeginObject().Key("kind").String(kind).Key("feature").String(feature);
      json->Key("planted").Bool(IsPlantedReason(kind, feature));
      json->Key("times").Int(static_cast<int64_t>(times)).EndObject();
    }
  }
  json->EndArray().Key("harmless").BeginArray();
  for (const auto& [kind, tally] : tables.harmless) {
    json->BeginObject().Key("kind").String(kind).Key("people").Int(
        static_cast<int64_t>(tally.planted));
    json->Key("alerted").Int(static_cast<int64_t>(tally.caught)).EndObject();
  }
  json->EndArray();
}

}  // namespace

std::string AsText(std::span<const Run> runs, const QualityOptions& options) {
  const std::vector<Figures> all = AllFigures(runs);
  const Tables tables = AddUp(runs);
  return StrCat(runs[0].trial.replay.events, " events in the first run, budget ", options.budget,
                ", ", options.config, "\n\n", SeedTable(runs, all), "\n", SeedsWithEnoughKinds(all),
                " of ", runs.size(), " seeds caught at least ", kKindsWanted, " kinds\n\n",
                MissingLines(runs), EffectTable(tables.effects), "\n",
                ReasonTable(CountReasons(runs)), "\n", OfLogTable(runs),
                HarmlessTable(tables.harmless), "\n", WrongLines(runs));
}

std::string AsJson(std::span<const Run> runs, const QualityOptions& options) {
  const std::vector<Figures> all = AllFigures(runs);
  std::string line;
  JsonWriter json(&line);
  json.BeginObject();
  WriteMachine(json);
  json.Key("config").String(options.config).Key("budget").String(options.budget);
  json.Key("runs").BeginArray();
  for (size_t i = 0; i < runs.size(); ++i) {
    json.BeginObject().Key("seed").Int(static_cast<int64_t>(runs[i].seed));
    json.Key("events").Int(runs[i].trial.replay.events);
    WriteTally(all[i].insiders, &json);
    json.Key("kinds_planted").Int(static_cast<int64_t>(all[i].kinds.planted));
    for (const Column& column : Columns()) json.Key(column.name).Double(column.number(all[i]));
    json.EndObject();
  }
  json.EndArray().Key("figures").BeginObject();
  for (const Column& column : Columns()) {
    const MeanSd of = Over(all, column);
    json.Key(StrCat(column.name, "_mean")).Double(of.mean);
    json.Key(StrCat(column.name, "_sd")).Double(of.sd);
  }
  json.Key("seeds_with_five_kinds").Int(static_cast<int64_t>(SeedsWithEnoughKinds(all)));
  json.EndObject();
  WriteTotals(AddUp(runs), CountReasons(runs), &json);
  json.EndObject();
  return line;
}

}  // namespace bongsu::benchmarks
