#include "engine/app/evaluate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "engine/app/pipeline_config.h"
#include "engine/app/printable.h"
#include "engine/base/math.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/io/file/byte_source.h"
#include "engine/pipeline/pipeline.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

constexpr size_t kBatch = 10'000;  // Rows between commits.
constexpr Timestamp kFirst = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));

bool Takes(const OperatorSpec& spec, std::string_view field) {
  return std::any_of(spec.fields.begin(), spec.fields.end(),
                     [&](const FieldInfo& info) { return info.name == field; });
}

void Remove(std::string_view key, ConfigNode* map) {
  std::erase_if(map->entries, [&](const ConfigNode::Entry& entry) { return entry.key == key; });
}

ConfigNode Scalar(const Mark& mark, std::string text, bool quoted) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.mark = mark;
  node.scalar = std::move(text);
  node.quoted = quoted;
  return node;
}

// The items of `detect`, each `<operator>: {options}` and of a known operator.
template <typename Root, typename F>
void ForEachDetector(Root* root, F visit) {
  for (auto& section : root->entries) {
    if (section.key != "detect") continue;
    for (auto& item : section.value.items) {
      if (item.entries.size() != 1) continue;
      const OperatorSpec* spec = FindOperator(item.entries.front().key);
      if (spec != nullptr) visit(*spec, &item.entries.front());
    }
  }
}

// `options` for all `columns` instead of the configured features.
ConfigNode ForColumns(const OperatorSpec& spec, ConfigNode options,
                      std::span<const std::string> columns) {
  ConfigNode features;
  features.kind = ConfigNode::Kind::kList;
  features.mark = options.mark;
  for (const std::string& column : columns)
    features.items.push_back(Scalar(options.mark, column, true));
  for (const std::string_view key : {"features", "ranges", "every", "learning"})
    Remove(key, &options);
  options.entries.push_back({"features", options.mark, std::move(features)});
  if (Takes(spec, "every"))
    options.entries.push_back({"every", options.mark, Scalar(options.mark, "0s", false)});
  return options;
}

// The first stage of the pipeline: the row in hand becomes the event's features.
class RowSource final : public Operator {
 public:
  explicit RowSource(const LabelledTable& rows) : rows_(rows) {}
  void Choose(size_t row) { row_ = row; }
  Result<Flow> Process(Event& event, Context&) override {
    const std::span<const double> row = rows_.row(row_);
    std::copy(row.begin(), row.end(), event.features.begin());
    return Flow::kNext;
  }

 private:
  const LabelledTable& rows_;
  size_t row_ = 0;
};

struct Bench {
  std::unique_ptr<Pipeline> pipeline;
  RowSource* source = nullptr;  // The pipeline's.
  std::unique_ptr<StateStore> store;
};

std::vector<ConfiguredOperator> Detectors(const ConfigNode& root, const LabelledTable& rows,
                                          Problems* problems, std::vector<std::string>* left_out) {
  std::vector<ConfiguredOperator> detectors;
  ForEachDetector(&root, [&](const OperatorSpec& spec, const ConfigNode::Entry* entry) {
    if (!Takes(spec, "features")) {
      left_out->push_back(spec.name);
      return;
    }
    const std::string path = StrCat("detect[", detectors.size(), "].", spec.name);
    const ConfigNode options = ForColumns(spec, entry->value, rows.columns);
    detectors.push_back({&spec, spec.parse(options, path, problems), entry->mark, path});
  });
  return detectors;
}

ConfiguredOperator Risk(const ConfigNode& root, Problems* problems) {
  const ConfigNode* score = root.Find("score");
  const ConfigNode* risk = score == nullptr ? nullptr : score->Find("risk");
  SingleOperator parsed;
  if (risk != nullptr) {
    FieldInfo info;
    info.name = "risk";
    FieldCodec<SingleOperator>::Parse(*risk, "score.risk", info, &parsed, problems);
  }
  DefaultOperator("risk", "score.risk", root.mark, &parsed);
  return parsed.operators.front().configured;
}

Result<Bench> MakeBench(const ConfigNode& root, const LabelledTable& rows,
                        std::vector<std::string>* left_out) {
  Problems problems;
  PipelineSchema schema;
  for (const std::string& column : rows.columns)
    BONGSU_RETURN_IF_ERROR(schema.AddFeature({column, "", ""}).status());
  std::vector<ConfiguredOperator> configured = Detectors(root, rows, &problems, left_out);
  if (configured.empty()) {
    return Status::Invalid(
        "eval: no operator under \"detect\" looks at features; name one, such as "
        "half_space_trees");
  }
  configured.push_back(Risk(root, &problems));
  Bench bench;
  auto source = std::make_unique<RowSource>(rows);
  bench.source = source.get();
  std::vector<PipelineStep> steps;
  steps.push_back({"rows", Stage::kProfile, std::move(source)});
  for (const ConfiguredOperator& one : configured) {
    std::unique_ptr<Operator> built = BuildOperator(one, 1, nullptr, &schema, &problems);
    if (built)
      steps.push_back(
          {StrCat(one.spec->name, "#", steps.size()), one.spec->stage, std::move(built)});
  }
  if (!problems.empty()) return Status::Invalid(problems.Format());
  bench.pipeline = std::make_unique<Pipeline>(std::move(schema), std::move(steps));
  bench.store = MakeStateStore(std::make_unique<MemoryKeyValueStore>());
  BONGSU_RETURN_IF_ERROR(bench.pipeline->Start(*bench.store, 1));
  return bench;
}

// As at the end of a batch, so that what waits to be written stays small.
Status Commit(Bench* bench) {
  bench->pipeline->emitted().Clear();
  bench->pipeline->Save();
  BONGSU_RETURN_IF_ERROR(bench->store->Write(bench->store->Seal(Meta())));
  bench->store->Applied();
  return Status::Ok();
}

}  // namespace

void ShiftSeeds(uint64_t by, ConfigNode* root) {
  const ConfigNode* seed = root->Find("seed");
  const std::optional<ConfigNode> of_all = seed == nullptr ? std::nullopt : std::optional(*seed);
  ForEachDetector(root, [&](const OperatorSpec& spec, ConfigNode::Entry* entry) {
    if (!Takes(spec, "seed")) return;
    ConfigNode& options = entry->value;
    const ConfigNode* own = options.Find("seed");
    const std::string text = own != nullptr ? own->scalar : of_all ? of_all->scalar : "1";
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return;  // Reported when parsed.
    if (options.kind == ConfigNode::Kind::kNull) options.kind = ConfigNode::Kind::kMap;
    Remove("seed", &options);
    options.entries.push_back(
        {"seed", entry->mark, Scalar(entry->mark, StrCat(value + by), false)});
  });
}

Result<LabelledTable> ReadLabelledFiles(std::span<const std::string> paths,
                                        const std::string& label) {
  LabelledCsv csv(label);
  std::string piece(size_t{1} << 18, '\0');
  for (const std::string& path : paths) {
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, ByteSource::Open(path));
    csv.Begin(path);
    for (auto got = ByteSource::Got::kData; got == ByteSource::Got::kData;) {
      size_t size = 0;
      BONGSU_ASSIGN_OR_RETURN(got, source->Read(piece.data(), piece.size(), Duration(0), &size));
      BONGSU_RETURN_IF_ERROR(csv.Add(std::string_view(piece).substr(0, size)));
    }
    BONGSU_RETURN_IF_ERROR(csv.End());
  }
  return csv.Finish();
}

Result<StreamScores> ScoreStream(ConfigNode root, uint64_t shift, const LabelledTable& rows,
                                 const std::function<void(size_t rows)>& progress) {
  ShiftSeeds(shift, &root);
  StreamScores result;
  BONGSU_ASSIGN_OR_RETURN(Bench bench, MakeBench(root, rows, &result.left_out));
  Pipeline& pipeline = *bench.pipeline;
  result.detectors = pipeline.schema().detectors();
  result.scores.reserve(rows.size());
  const SystemClock clock;
  const Timestamp began = clock.Steady();
  Event event;
  event.user = "row";
  event.origin.source = "eval";
  for (size_t i = 0; i < rows.size(); ++i) {
    bench.source->Choose(i);
    event.time = kFirst + std::chrono::seconds(i);
    event.origin.offset = event.log_offset = static_cast<int64_t>(i);
    BONGSU_RETURN_IF_ERROR(pipeline.Process(event));
    const Verdict& verdict = pipeline.verdict();
    result.scores.push_back(verdict.findings.size() == 1 ? verdict.findings[0].raw
                                                         : -Log10(verdict.tail));
    if ((i + 1) % kBatch != 0) continue;
    BONGSU_RETURN_IF_ERROR(Commit(&bench));
    if (progress) progress(i + 1);
  }
  result.seconds = ToSeconds(clock.Steady() - began);
  return result;
}

void PersonDays::Add(std::string_view user, Timestamp at, double risk) {
  auto person = days_.find(user);
  if (person == days_.end()) person = days_.emplace(user, decltype(person->second)()).first;
  const auto [day, is_new] =
      person->second.emplace(std::chrono::floor<std::chrono::days>(at), risk);
  if (!is_new) day->second = std::max(day->second, risk);
}

LabelledScores PersonDays::Label(std::span<const bongsu::Label> labels) const {
  struct Ranked {
    std::chrono::sys_days day;
    double score;
    bool anomaly;
  };
  std::vector<Ranked> ranked;
  for (const auto& [user, days] : days_) {
    for (const auto& [day, risk] : days) {
      const auto planted = [&, &user = user, begin = day](const bongsu::Label& label) {
        return label.label == kInsider && label.user == user && label.to >= begin &&
               label.from < begin + std::chrono::days(1);
      };
      ranked.push_back({day, risk, std::any_of(labels.begin(), labels.end(), planted)});
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.day < b.day; });
  LabelledScores result;
  for (const Ranked& one : ranked) {
    result.scores.push_back(one.score);
    result.labels.push_back(one.anomaly);
  }
  return result;
}

void Ranking::Add(std::span<const double> scores, std::span<const int> labels, size_t budget) {
  aucs.push_back(RocAuc(scores, labels));
  aps.push_back(AveragePrecision(scores, labels));
  recalls.push_back(RecallAtBudget(scores, labels, budget));
}

void WriteMeanSd(const std::string& name, const MeanSd& of, JsonWriter* json) {
  const double sd = std::isnan(of.mean) ? of.mean : of.sd;  // Null where there is no mean.
  json->Key(name + "_mean").Double(of.mean).Key(name + "_sd").Double(sd);
}

void WriteRanking(const Ranking& ranking, size_t budget, JsonWriter* json) {
  WriteMeanSd("auc", MeanAndSd(ranking.aucs), json);
  WriteMeanSd("ap", MeanAndSd(ranking.aps), json);
  json->Key("budget").Int(static_cast<int64_t>(budget));
  WriteMeanSd("recall_at_budget", MeanAndSd(ranking.recalls), json);
}

std::vector<std::vector<std::string>> RankingRows(const Ranking& ranking, size_t budget) {
  std::vector<std::vector<std::string>> rows = {
      {"seed", "AUC", "AP", StrCat("recall at ", budget)}};
  for (size_t i = 0; i < ranking.aucs.size(); ++i) {
    rows.push_back(
        {StrCat(i + 1), Fixed(ranking.aucs[i]), Fixed(ranking.aps[i]), Fixed(ranking.recalls[i])});
  }
  rows.push_back({"mean", Spread(MeanAndSd(ranking.aucs)), Spread(MeanAndSd(ranking.aps)),
                  Spread(MeanAndSd(ranking.recalls))});
  return rows;
}

}  // namespace bongsu
