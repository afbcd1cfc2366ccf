// The configuration of the whole program (design section 10): the options of every component under
// its key, in one table, and the pipeline that they describe. Made once at start and again at
// reload, by the composition root; immutable afterwards, so that any thread may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/pipeline_config.h"
#include "engine/base/status.h"
#include "engine/config/load.h"
#include "engine/core/fields.h"
#include "engine/core/operator.h"
#include "engine/core/spec.h"
#include "engine/core/topics.h"
#include "engine/decode/limits.h"
#include "engine/io/kafka/options.h"
#include "state/rocksdb/options.h"

namespace bongsu {

// Where events come from. Exactly one of topic, files and stdin.
struct SourceOptions {
  Located<std::string> name;
  Located<std::string> topic;
  std::vector<std::string> files;  // Globs; once loaded, relative to the working directory.
  bool use_stdin = false;
  Located<std::string> format{"canonical", {}, {}};
  Duration lateness = std::chrono::minutes(10);
  Duration idle_timeout = std::chrono::minutes(5);
  Duration future_tolerance = std::chrono::minutes(5);
  Duration max_jump = std::chrono::days(7);
  int64_t events_per_second = 0;  // Of the process; 0: no limit.
  Mark mark;                      // Of the item.
  static const FieldTable<SourceOptions>& Fields();
};

template <>
struct FieldCodec<SourceOptions> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo&,
                    SourceOptions* out, Problems* problems);
  static std::string Print(const SourceOptions&) { return ""; }
  static SchemaNode Schema(const FieldInfo&) {
    return ObjectSchema(SourceOptions::Fields().fields());
  }
};

struct IngestOptions {
  Duration tick_interval = std::chrono::seconds(10);
  static const FieldTable<IngestOptions>& Fields();
};

struct CommitOptions {
  Located<Duration> interval{std::chrono::milliseconds(100), {}, {}};
  Duration min_interval = std::chrono::milliseconds(20);
  Duration catch_up_interval = std::chrono::milliseconds(500);
  int64_t max_records = 10'000;
  ByteSize max_bytes{16ull << 20};
  static const FieldTable<CommitOptions>& Fields();
};

struct StateOptions {
  RocksDbOptions rocksdb;     // Its fields stand directly under `state`.
  int64_t profiles = 20'000;  // Of a partition, in memory.
};

template <>
struct FieldCodec<StateOptions> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo&,
                    StateOptions* out, Problems* problems);
  static std::string Print(const StateOptions&) { return ""; }
  static SchemaNode Schema(const FieldInfo& info);
};

struct ScoreOptions {
  std::string input;  // Once loaded, never empty.
  int64_t dedup_window = 65'536;
  SingleOperator risk;
  static const FieldTable<ScoreOptions>& Fields();
};

struct ListenOptions {
  Located<std::string> listen{"127.0.0.1:9470", {}, {}};  // Empty: off.
  static const FieldTable<ListenOptions>& Fields();
};

struct HttpOptions {
  ListenOptions ops;
  static const FieldTable<HttpOptions>& Fields();
};

struct SinkOptions {
  std::string alerts_file;  // Empty: none.
  std::string archive;      // A directory; empty: none.
  static const FieldTable<SinkOptions>& Fields();
};

struct LoggingOptions {
  std::string level = "info";
  std::string format = "text";
  static const FieldTable<LoggingOptions>& Fields();
};

struct DigestedConfig;  // config_digest.h
class TableReader;

struct MappingFile {
  std::string path;
  std::string name;  // As sources call it: their `format`.
  ConfigNode node;   // For MakeMapping.
};

struct EngineConfig {
  std::vector<std::string> include;  // Empty once loaded: the files are merged in.
  std::string tenant = "default";
  uint64_t seed = 1;
  std::string data_dir = "bongsu-data";
  KafkaOptions kafka;
  std::string delivery = "exactly_once";
  int64_t standby = 0;  // Lost instances to be ready for.
  std::vector<SourceOptions> sources;
  std::vector<Located<std::string>> mappings;
  LimitOptions limits;
  IngestOptions ingest;
  CommitOptions commit;
  StateOptions state;
  OperatorList<Stage::kEnrich> enrich;
  FeatureList features;
  OperatorList<Stage::kDetect> detect;
  ScoreOptions score;
  SingleOperator decide;
  SinkOptions sinks;
  HttpOptions http;
  LoggingOptions log;
  static const FieldTable<EngineConfig>& Fields();

  // Made of the above.
  std::vector<ConfiguredOperator> pipeline;  // In the order of the stages.
  std::vector<MappingFile> mapping_files;
  SourceTimings timings;      // By source.
  std::string config_digest;  // Of everything that can change a result: 64 hexadecimal digits.
  std::shared_ptr<const DigestedConfig> results;  // What is digested.
};

// Reads, checks and tries the configuration in `path`: everything that `run` does short of
// connecting, a pipeline built for trial included. All problems are in `problems`; with any the
// result is not ok.
Result<EngineConfig> LoadEngineConfig(const std::string& path, const Environment& environment,
                                      Problems* problems);

// The same from a tree that LoadConfig made.
Result<EngineConfig> MakeEngineConfig(ConfigNode root, Problems* problems);
// The same with tables from `reader`.
Result<EngineConfig> MakeEngineConfig(ConfigNode root, TableReader* reader, Problems* problems);

// Appends the operators of `config.pipeline`, built into `schema`, to `operators`: once a shard.
Status BuildPipeline(const EngineConfig& config, PipelineSchema* schema,
                     std::vector<std::unique_ptr<Operator>>* operators);

// JSON Schema of the configuration file, for `bongsu schema`.
std::string EngineConfigSchema();

}  // namespace bongsu
