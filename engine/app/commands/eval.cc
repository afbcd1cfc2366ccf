#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/evaluate.h"
#include "engine/app/judge.h"
#include "engine/app/printable.h"
#include "engine/app/replay.h"
#include "engine/base/strings.h"
#include "engine/eval/metrics.h"
#include "engine/eval/plot.h"
#include "engine/io/file/json_lines_writer.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct EvalArguments {
  std::string config, label = "label", plot, labels, source;
  std::vector<std::string> files, events;
  uint64_t seeds = 1;
  size_t warmup = 250, budget = 0;
  bool json = false;
};

// Tables have a shipped setting of their own.
std::string ConfigOf(const EvalArguments& arguments) {
  const bool table = !arguments.files.empty();
  return table && arguments.config.empty() ? FindShipped("eval.yaml")
                                           : FindConfig(arguments.config);
}

// The configuration as a tree, so that seeds can be set in it; checked as a whole.
std::optional<ConfigNode> LoadTree(const std::string& path) {
  Problems problems;
  Result<ConfigNode> root = LoadConfig(path, ProcessEnvironment(), &problems);
  if (root.ok()) {
    const Status status = MakeEngineConfig(*root, &problems).status();
    if (status.ok() && problems.empty()) return *std::move(root);
  }
  std::cerr << problems.Format();
  if (problems.empty()) Fail(root.status());
  return std::nullopt;
}

// The text's title is what the files are told by.
Status WritePlot(const std::string& path, std::span<const std::string> files, PlotText text,
                 std::span<const double> scores, std::span<const int> labels) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> file, JsonLinesWriter::Make(path));
  std::vector<std::string> names;
  for (const std::string& one : files)
    names.push_back(std::filesystem::path(one).filename().string());
  const std::string title = StrCat(Join(names, ", "), ": ", text.title);
  text.title = title;
  std::string svg = ScorePlot(text, scores, labels);
  svg.pop_back();  // The writer adds the last line end.
  BONGSU_RETURN_IF_ERROR(file->Append(svg));
  return file->Finish();
}

// ---- A labelled table --------------------------------------------------------------------------

struct TableRuns {
  Ranking ranking;
  std::vector<double> seconds;  // By seed.
  std::vector<std::string> detectors, left_out;
};

Result<TableRuns> RunTable(const EvalArguments& arguments, const ConfigNode& root,
                           const LabelledTable& rows, size_t budget) {
  const Progress progress;
  TableRuns runs;
  for (uint64_t seed = 1; seed <= arguments.seeds; ++seed) {
    BONGSU_ASSIGN_OR_RETURN(
        const StreamScores scores, ScoreStream(root, seed - 1, rows, [&](size_t done) {
          progress.Show("seed ", seed, " of ", arguments.seeds, ": ", done, " rows");
        }));
    const auto counted = std::span<const double>(scores.scores).subspan(arguments.warmup);
    const auto labels = std::span<const int>(rows.labels).subspan(arguments.warmup);
    runs.ranking.Add(counted, labels, budget);
    runs.seconds.push_back(scores.seconds);
    runs.detectors = scores.detectors;
    runs.left_out = scores.left_out;
    if (seed > 1 || arguments.plot.empty()) continue;
    const std::string detectors = Join(scores.detectors, ", ");
    const std::string_view axis = scores.detectors.size() == 1
                                      ? "raw score of the detector"
                                      : "-log10 of the probability behind the risk";
    BONGSU_RETURN_IF_ERROR(
        WritePlot(arguments.plot, arguments.files, {detectors, axis}, scores.scores, rows.labels));
  }
  return runs;
}

double RowsPerSecond(const TableRuns& runs, const LabelledTable& rows) {
  const double seconds = MeanAndSd(runs.seconds).mean;
  return static_cast<double>(rows.size()) / std::max(seconds, 1e-9);
}

std::string TableAsJson(const EvalArguments& arguments, const LabelledTable& rows,
                        const TableRuns& runs, int64_t anomalies, size_t budget) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("rows").Int(static_cast<int64_t>(rows.size()));
  json.Key("features").Int(static_cast<int64_t>(rows.columns.size()));
  json.Key("warmup").Int(static_cast<int64_t>(arguments.warmup));
  json.Key("anomalies").Int(anomalies).Key("seeds").Int(static_cast<int64_t>(arguments.seeds));
  WriteRanking(runs.ranking, budget, &json);
  json.Key("events_per_second").Double(RowsPerSecond(runs, rows)).Key("detectors").BeginArray();
  for (const std::string& detector : runs.detectors) json.String(detector);
  json.EndArray().EndObject();
  return line + "\n";
}

std::string TableAsText(const EvalArguments& arguments, const LabelledTable& rows,
                        const TableRuns& runs, int64_t anomalies, size_t budget) {
  const size_t counted = rows.size() - arguments.warmup;
  std::string text =
      StrCat(rows.size(), " rows of ", rows.columns.size(), " features; after ", arguments.warmup,
             " to warm up, ", anomalies, " anomalies (",
             Fixed(100 * static_cast<double>(anomalies) / static_cast<double>(counted), 2),
             " %)\ndetectors ", Join(runs.detectors, ", "), " of ", ConfigOf(arguments),
             runs.left_out.empty() ? "" : "; left out, as they look at no features: ",
             Join(runs.left_out, ", "), "\n\n");
  std::vector<std::vector<std::string>> table = RankingRows(runs.ranking, budget);
  table.front().emplace_back("seconds");
  for (size_t i = 0; i < runs.seconds.size(); ++i)
    table[i + 1].push_back(Fixed(runs.seconds[i], 2));
  table.back().push_back(Spread(MeanAndSd(runs.seconds), 2));
  return StrCat(text, FormatTable(table), "\n", static_cast<int64_t>(RowsPerSecond(runs, rows)),
                " rows/s, one thread\n");
}

int EvalTable(const EvalArguments& arguments, const ConfigNode& root) {
  const Result<LabelledTable> rows = ReadLabelledFiles(arguments.files, arguments.label);
  if (!rows.ok()) return Fail(rows.status());
  if (rows->columns.size() > 64) {
    return Fail(Status::Invalid(StrCat(arguments.files[0], ": ", rows->columns.size(),
                                       " columns besides the label; a detector takes at most 64")));
  }
  const size_t warmup = std::min(arguments.warmup, rows->size());
  const auto anomalies =
      std::count(rows->labels.begin() + static_cast<ptrdiff_t>(warmup), rows->labels.end(), 1);
  if (anomalies == 0 || static_cast<size_t>(anomalies) + warmup == rows->size()) {
    return Fail(Status::Invalid(StrCat(
        arguments.files[0], ": after the ", arguments.warmup, " rows of --warmup, ",
        rows->size() - warmup, " rows are left and not of both classes; take fewer to warm up")));
  }
  const size_t budget = arguments.budget > 0 ? arguments.budget : static_cast<size_t>(anomalies);
  const Result<TableRuns> runs = RunTable(arguments, root, *rows, budget);
  if (!runs.ok()) return Fail(runs.status());
  std::cout << (arguments.json ? TableAsJson : TableAsText)(arguments, *rows, *runs, anomalies,
                                                            budget)
            << std::flush;
  return std::cout.good() ? 0 : 1;
}

// ---- Labelled events ---------------------------------------------------------------------------

struct EventRuns {
  std::vector<Judgement> judgements;  // By seed.
  std::vector<double> precisions, recalls, delays, alerts;
  Ranking ranking;  // Of person-days:
  size_t person_days = 0, anomalies = 0, budget = 0;
  TallyTable effects;                     // Of all seeds,
  std::map<std::string, Tally> harmless;  // as these are.
  int64_t events = 0;
  double seconds = 0;
};

// `days` as a part of `runs`, and as the picture when they are of the first seed.
Status Rank(const EvalArguments& arguments, const LabelledScores& days, EventRuns* runs) {
  runs->person_days = days.scores.size();
  runs->anomalies = static_cast<size_t>(std::count(days.labels.begin(), days.labels.end(), 1));
  runs->budget = arguments.budget > 0 ? arguments.budget : runs->anomalies;
  runs->ranking.Add(days.scores, days.labels, runs->budget);
  if (runs->ranking.aucs.size() > 1 || arguments.plot.empty()) return Status::Ok();
  if (days.scores.empty())
    return Status::Invalid(StrCat("--plot ", arguments.plot, ": there is no event to draw"));
  return WritePlot(arguments.plot, arguments.events,
                   {"risk of each person's day", "highest risk of the day's events",
                    "person-days, by day (UTC) and name"},
                   days.scores, days.labels);
}

Result<EventRuns> RunEvents(const EvalArguments& arguments, const ConfigNode& root,
                            const std::vector<Label>& labels) {
  const Progress progress;
  EventRuns runs;
  for (uint64_t seed = 1; seed <= arguments.seeds; ++seed) {
    ConfigNode seeded = root;
    ShiftSeeds(seed - 1, &seeded);
    Problems problems;
    BONGSU_ASSIGN_OR_RETURN(EngineConfig config, MakeEngineConfig(std::move(seeded), &problems));
    BONGSU_RETURN_IF_ERROR(ReadFrom(arguments.events, arguments.source, &config));
    ReplayOptions options;
    options.progress = [&](int64_t done) {
      progress.Show("seed ", seed, " of ", arguments.seeds, ": ", done, " events");
    };
    PersonDays days;
    options.observe = [&](const Event& event, Context& context) {
      days.Add(event.user, event.time, context.verdict().risk);
      return false;
    };
    BONGSU_ASSIGN_OR_RETURN(const ReplayResult replay, Replay(config, options));
    BONGSU_RETURN_IF_ERROR(Rank(arguments, days.Label(labels), &runs));
    BONGSU_ASSIGN_OR_RETURN(const Judgement judgement, Judge(replay.alert_json, labels));
    runs.precisions.push_back(judgement.precision());
    runs.recalls.push_back(judgement.recall());
    runs.delays.push_back(ToSeconds(judgement.MedianDelay()));
    runs.alerts.push_back(static_cast<double>(judgement.alerts));
    AddTo(judgement, &runs.effects);
    AddHarmlessTo(judgement, &runs.harmless);
    runs.events = replay.events;
    runs.seconds += replay.seconds;
    runs.judgements.push_back(judgement);
  }
  return runs;
}

double EventsPerSecond(const EventRuns& runs) {
  return static_cast<double>(runs.events) * static_cast<double>(runs.judgements.size()) /
         std::max(runs.seconds, 1e-9);
}

std::string EventsAsJson(const EventRuns& runs) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("events").Int(runs.events);
  json.Key("seeds").Int(static_cast<int64_t>(runs.judgements.size()));
  json.Key("planted").Int(static_cast<int64_t>(runs.judgements[0].insiders.size()));
  WriteMeanSd("alerts", MeanAndSd(runs.alerts), &json);
  WriteMeanSd("precision", MeanAndSd(runs.precisions), &json);
  WriteMeanSd("recall", MeanAndSd(runs.recalls), &json);
  WriteMeanSd("median_delay_seconds", MeanAndSd(runs.delays), &json);
  json.Key("person_days").Int(static_cast<int64_t>(runs.person_days));
  json.Key("anomalies").Int(static_cast<int64_t>(runs.anomalies));
  WriteRanking(runs.ranking, runs.budget, &json);
  json.Key("kinds").BeginArray();
  for (const auto& [kind, effects] : runs.effects) {
    for (const auto& [effect, tally] : effects) {
      json.BeginObject().Key("kind").String(kind).Key("effect");
      effect > 0 ? json.Double(effect) : json.Null();
      json.Key("planted").Int(static_cast<int64_t>(tally.planted));
      json.Key("caught").Int(static_cast<int64_t>(tally.caught)).EndObject();
    }
  }
  json.EndArray().Key("harmless").BeginArray();
  for (const auto& [kind, tally] : runs.harmless) {
    json.BeginObject().Key("kind").String(kind).Key("people").Int(
        static_cast<int64_t>(tally.planted));
    json.Key("alerted").Int(static_cast<int64_t>(tally.caught)).EndObject();
  }
  json.EndArray().Key("events_per_second").Double(EventsPerSecond(runs)).EndObject();
  return line + "\n";
}

std::string PersonDaysAsText(const EventRuns& runs) {
  const std::string text = StrCat("ranked: person-days by their highest risk; ", runs.person_days,
                                  " of them, ", runs.anomalies, " of insiders at it\n");
  if (runs.anomalies == 0 || runs.anomalies == runs.person_days)
    return StrCat(text, "no AUC, AP and recall at a budget: they need both sorts of days\n");
  return StrCat(text, FormatTable(RankingRows(runs.ranking, runs.budget)));
}

std::string EventsAsText(const EventRuns& runs) {
  const auto hours = [](double seconds) { return Fixed(seconds / 3600, 1); };
  std::vector<std::vector<std::string>> table = {
      {"seed", "alerts", "caught", "precision", "recall", "median delay, hours"}};
  for (size_t i = 0; i < runs.judgements.size(); ++i) {
    const Judgement& judgement = runs.judgements[i];
    table.push_back({StrCat(i + 1), StrCat(judgement.alerts),
                     StrCat(judgement.caught(), "/", judgement.insiders.size()),
                     Fixed(judgement.precision()), Fixed(judgement.recall()),
                     hours(runs.delays[i])});
  }
  table.push_back({"mean", Spread(MeanAndSd(runs.alerts), 1), "",
                   Spread(MeanAndSd(runs.precisions)), Spread(MeanAndSd(runs.recalls)),
                   hours(MeanAndSd(runs.delays).mean)});
  const std::string harmless = HarmlessTable(runs.harmless);
  return StrCat(runs.events, " events, ", runs.judgements.size(), " seed(s)\n\n",
                FormatTable(table), "\n", PersonDaysAsText(runs), "\n", EffectTable(runs.effects),
                harmless.empty() ? "" : "\n", harmless, "\n",
                static_cast<int64_t>(EventsPerSecond(runs)), " events/s, one thread\n");
}

int EvalEvents(const EvalArguments& arguments, const ConfigNode& root) {
  const Result<std::vector<Label>> labels = ReadLabelsFile(arguments.labels);
  if (!labels.ok()) return Fail(labels.status());
  if (labels->empty())
    return Fail(Status::Invalid(StrCat(arguments.labels, ": there is no label in it")));
  const Result<EventRuns> runs = RunEvents(arguments, root, *labels);
  if (!runs.ok()) return Fail(runs.status());
  std::cout << (arguments.json ? EventsAsJson : EventsAsText)(*runs) << std::flush;
  return std::cout.good() ? 0 : 1;
}

int RunEval(const EvalArguments& arguments) {
  if (arguments.files.empty() == arguments.events.empty()) {
    return Fail(Status::Invalid("eval: expected either FILE… of labelled numbers or --events "
                                "FILE… with --labels FILE")),
           2;
  }
  if (arguments.plot.ends_with(".png")) {
    return Fail(Status::Invalid(
               StrCat("--plot ", arguments.plot, ": the picture is an SVG; name the file .svg"))),
           2;
  }
  std::vector<std::string> read = arguments.files;
  read.insert(read.end(), arguments.events.begin(), arguments.events.end());
  read.push_back(arguments.labels);
  const std::array<NamedFile, 1> outputs = {{{"--plot", arguments.plot}}};
  if (const Status status = CheckOutputs(outputs, read); !status.ok()) return Fail(status), 2;
  const std::optional<ConfigNode> root = LoadTree(ConfigOf(arguments));
  if (!root) return 1;
  return arguments.files.empty() ? EvalEvents(arguments, *root) : EvalTable(arguments, *root);
}

}  // namespace

void RegisterEval(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "eval", "How well the detectors tell what is labelled: a table of numbers, or events");
  const auto arguments = std::make_shared<EvalArguments>();
  command->add_option("FILE", arguments->files,
                      "CSV of numbers with a label column (.gz too); several are one stream");
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: the shipped eval.yaml for tables; for events "
                      "bongsu.yaml, else the shipped one)");
  command->add_option("--label", arguments->label, "The column that is 1 for an anomaly, else 0")
      ->capture_default_str();
  command->add_option("--seeds", arguments->seeds, "Runs, each with other seeds of the detectors")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--warmup", arguments->warmup, "Rows at the start that are not counted")
      ->capture_default_str();
  command->add_option("--budget", arguments->budget,
                      "Recall among so many of the strangest rows, or person-days of events "
                      "(default: as many as anomalies)");
  command->add_option("--plot", arguments->plot,
                      "Draw the scores of the first seed over time here, anomalies marked, as SVG");
  CLI::Option* events = command->add_option("--events", arguments->events,
                                            "Events instead of a table, as for replay --input");
  CLI::Option* labels =
      command->add_option("--labels", arguments->labels, "What was planted in the events");
  events->needs(labels);
  labels->needs(events);
  command->add_option("--source", arguments->source, "The source whose format the events have")
      ->needs(events);
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "A row is scored first and learned afterwards. Several detectors are combined as the engine\n"
      "does; one alone is ranked by its raw score.\n"
      "Of events, person-days (UTC) are ranked by their highest risk, before threshold and "
      "budget;\n"
      "an anomaly is a day that meets the time of a planted insider.\n\n"
      "Example:\n  bongsu eval stream.csv.gz --seeds 3 --plot scores.svg\n"
      "  bongsu eval --events events.jsonl.gz --labels labels.csv --plot risks.svg");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunEval(*arguments); }; });
}

}  // namespace bongsu
