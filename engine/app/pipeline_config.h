// The parts of the configuration that choose operators: `enrich`, `features`, `detect`,
// `score.risk` and `decide`. Which names and options are good is known from operators/all.h alone.
// Used at start and at reload; the codecs below plug these parts into the field table of
// EngineConfig.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/fields.h"
#include "engine/core/spec.h"

namespace bongsu {

// Null when no operator is called so.
const OperatorSpec* FindOperator(std::string_view name);

struct ParsedOperator {
  ConfiguredOperator configured;
  bool good = true;     // Its options had no problem.
  std::string feature;  // The `name` of a profile operator, also when it is not good.
};

// `- <operator>: {options}` items of one stage.
template <Stage kStage>
struct OperatorList {
  std::vector<ParsedOperator> operators;
};

// Items `{name: …, <kind>: …, …}`; the key that names an operator of the profile stage says which.
struct FeatureList {
  std::vector<ParsedOperator> operators;
};

// The options of the one operator that has the name of the field.
struct SingleOperator {
  std::vector<ParsedOperator> operators;  // One, once parsed or defaulted.
};

namespace pipeline_config_internal {
void ParseOperatorList(Stage stage, const ConfigNode& node, const std::string& path,
                       std::vector<ParsedOperator>* out, Problems* problems);
SchemaNode OperatorListSchema(Stage stage, const FieldInfo& info);
}  // namespace pipeline_config_internal

template <Stage kStage>
struct FieldCodec<OperatorList<kStage>> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo&,
                    OperatorList<kStage>* out, Problems* problems) {
    pipeline_config_internal::ParseOperatorList(kStage, node, path, &out->operators, problems);
  }
  static std::string Print(const OperatorList<kStage>&) { return "[]"; }
  static SchemaNode Schema(const FieldInfo& info) {
    return pipeline_config_internal::OperatorListSchema(kStage, info);
  }
};

template <>
struct FieldCodec<FeatureList> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    FeatureList* out, Problems* problems);
  static std::string Print(const FeatureList&) { return "[]"; }
  static SchemaNode Schema(const FieldInfo& info);
};

template <>
struct FieldCodec<SingleOperator> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    SingleOperator* out, Problems* problems);
  static std::string Print(const SingleOperator&) { return ""; }
  static SchemaNode Schema(const FieldInfo& info);
};

// The operator `name` with its defaults, where the configuration says nothing of it.
void DefaultOperator(const std::string& name, const std::string& path, const Mark& mark,
                     SingleOperator* out);

// Builds one operator after those before it, which have declared their fields and features in
// `schema`, for one of `partitions` shards, with tables from `read_file` (null: from the disk).
// Null, with the problem reported at its place, when it cannot be built.
std::unique_ptr<Operator> BuildOperator(const ConfiguredOperator& configured, int partitions,
                                        const ReadFile& read_file, PipelineSchema* schema,
                                        Problems* problems);

}  // namespace bongsu
