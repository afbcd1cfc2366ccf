#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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

// A line on the terminal that goes when the work is done.
class Progress {
 public:
  explicit Progress(std::string_view unit) : unit_(unit), shown_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() { Clear(); }
  void Show(uint64_t seed, uint64_t seeds, int64_t done) const {
    if (shown_)
      std::cerr << "\rseed " << seed << " of " << seeds << ": " << done << " " << unit_ << "\033[K"
                << std::flush;
  }
  void Clear() const {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  const std::string_view unit_;
  const bool shown_;
};

void WriteMeanSd(const std::string& name, const MeanSd& of, JsonWriter* json) {
  json->Key(name + "_mean").Double(of.mean).Key(name + "_sd").Double(of.sd);
}

// ---- A labelled table --------------------------------------------------------------------------

struct TableRuns {
  std::vector<double> aucs, aps, recalls, seconds;  // By seed.
  std::vector<std::string> detectors, left_out;
};

Status WritePlot(const EvalArguments& arguments, const StreamScores& scores,
                 std::span<const int> labels) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> file,
                          JsonLinesWriter::Make(arguments.plot));
  std::vector<std::string> names;
  for (const std::string& path : arguments.files)
    names.push_back(std::filesystem::path(path).filename().string());
  const std::string title = StrCat(Join(names, ", "), ": ", Join(scores.detectors, ", "));
  const std::string_view axis = scores.detectors.size() == 1
                                    ? "raw score of the detector"
                                    : "-log10 of the probability behind the risk";
  std::string svg = ScorePlot({title, axis}, scores.scores, labels);
  svg.pop_back();  // The writer adds the last line end.
  BONGSU_RETURN_IF_ERROR(file->Append(svg));
  return file->Finish();
}

Result<TableRuns> RunTable(const EvalArguments& arguments, const ConfigNode& root,
                           const LabelledTable& rows, size_t budget) {
  const Progress progress("rows");
  TableRuns runs;
  for (uint64_t seed = 1; seed <= arguments.seeds; ++seed) {
    BONGSU_ASSIGN_OR_RETURN(const StreamScores scores,
                            ScoreStream(root, seed - 1, rows, [&](size_t done) {
                              progress.Show(seed, arguments.seeds, static_cast<int64_t>(done));
                            }));
    const auto counted = std::span<const double>(scores.scores).subspan(arguments.warmup);
    const auto labels = std::span<const int>(rows.labels).subspan(arguments.warmup);
    runs.aucs.push_back(RocAuc(counted, labels));
    runs.aps.push_back(AveragePrecision(counted, labels));
    runs.recalls.push_back(RecallAtBudget(counted, labels, budget));
    runs.seconds.push_back(scores.seconds);
    runs.detectors = scores.detectors;
    runs.left_out = scores.left_out;
    if (seed == 1 && !arguments.plot.empty())
      BONGSU_RETURN_IF_ERROR(WritePlot(arguments, scores, rows.labels));
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
  WriteMeanSd("auc", MeanAndSd(runs.aucs), &json);
  WriteMeanSd("ap", MeanAndSd(runs.aps), &json);
  json.Key("budget").Int(static_cast<int64_t>(budget));
  WriteMeanSd("recall_at_budget", MeanAndSd(runs.recalls), &json);
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
  std::vector<std::vector<std::string>> table = {
      {"seed", "AUC", "AP", StrCat("recall at ", budget), "seconds"}};
  for (size_t i = 0; i < runs.aucs.size(); ++i) {
    table.push_back({StrCat(i + 1), Fixed(runs.aucs[i]), Fixed(runs.aps[i]), Fixed(runs.recalls[i]),
                     Fixed(runs.seconds[i], 2)});
  }
  table.push_back({"mean", Spread(MeanAndSd(runs.aucs)), Spread(MeanAndSd(runs.aps)),
                   Spread(MeanAndSd(runs.recalls)), Spread(MeanAndSd(runs.seconds), 2)});
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
  TallyTable effects;                     // Of all seeds,
  std::map<std::string, Tally> harmless;  // as these are.
  int64_t events = 0;
  double seconds = 0;
};

Result<EventRuns> RunEvents(const EvalArguments& arguments, const ConfigNode& root,
                            const std::vector<Label>& labels) {
  const Progress progress("events");
  EventRuns runs;
  for (uint64_t seed = 1; seed <= arguments.seeds; ++seed) {
    ConfigNode seeded = root;
    ShiftSeeds(seed - 1, &seeded);
    Problems problems;
    BONGSU_ASSIGN_OR_RETURN(EngineConfig config, MakeEngineConfig(std::move(seeded), &problems));
    BONGSU_RETURN_IF_ERROR(ReadFrom(arguments.events, arguments.source, &config));
    ReplayOptions options;
    options.progress = [&](int64_t done) { progress.Show(seed, arguments.seeds, done); };
    BONGSU_ASSIGN_OR_RETURN(const ReplayResult replay, Replay(config, options));
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
                FormatTable(table), "\n", EffectTable(runs.effects), harmless.empty() ? "" : "\n",
                harmless, "\n", static_cast<int64_t>(EventsPerSecond(runs)),
                " events/s, one thread\n");
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
                      "Recall among so many of the strangest rows (default: as many as anomalies)");
  CLI::Option* plot = command->add_option(
      "--plot", arguments->plot, "Draw the scores of the first seed of a table here, as SVG");
  CLI::Option* events = command
                            ->add_option("--events", arguments->events,
                                         "Events instead of a table, as for replay --input")
                            ->excludes(plot);
  CLI::Option* labels =
      command->add_option("--labels", arguments->labels, "What was planted in the events");
  events->needs(labels);
  labels->needs(events);
  command->add_option("--source", arguments->source, "The source whose format the events have")
      ->needs(events);
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "A row is scored first and learned afterwards. Several detectors are combined as the engine\n"
      "does; one alone is ranked by its raw score.\n\n"
      "Example:\n  bongsu eval stream.csv.gz --seeds 3 --plot scores.svg");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunEval(*arguments); }; });
}

}  // namespace bongsu
