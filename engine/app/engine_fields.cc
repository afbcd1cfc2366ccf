// The field tables of the options in engine_config.h: names, help, bounds. Nothing else knows them.
#include <memory>
#include <utility>

#include "engine/app/engine_config.h"

namespace bongsu {
namespace {

constexpr double kDay = 24 * 3600;

// The fields of RocksDbOptions and those of the profile cache, as one map.
std::vector<FieldInfo> StateFields() {
  std::vector<FieldInfo> fields = RocksDbOptions::Fields().fields();
  for (FieldInfo& field : fields) {
    field.parse = [inner = field.parse](void* options, const ConfigNode& node,
                                        const std::string& path, const FieldInfo& self,
                                        Problems* problems) {
      inner(&static_cast<StateOptions*>(options)->rocksdb, node, path, self, problems);
    };
  }
  const auto own =
      FieldTable<StateOptions>()
          .Field("profiles", &StateOptions::profiles,
                 "How many people's profiles of a partition are kept decoded in memory.")
          .Min(1)
          .Max(1e8);
  fields.insert(fields.end(), own.fields().begin(), own.fields().end());
  return fields;
}

}  // namespace

void FieldCodec<SourceOptions>::Parse(const ConfigNode& node, const std::string& path,
                                      const FieldInfo&, SourceOptions* out, Problems* problems) {
  out->mark = node.mark;
  SourceOptions::Fields().Parse(node, path, out, problems);
}

void FieldCodec<StateOptions>::Parse(const ConfigNode& node, const std::string& path,
                                     const FieldInfo&, StateOptions* out, Problems* problems) {
  ParseFields(StateFields(), out, node, path, problems);
}

SchemaNode FieldCodec<StateOptions>::Schema(const FieldInfo& info) {
  SchemaNode node = ObjectSchema(StateFields());
  node.description = info.help;
  return node;
}

const FieldTable<SourceOptions>& SourceOptions::Fields() {
  static const auto table =
      FieldTable<SourceOptions>()
          .Field("name", &SourceOptions::name,
                 "What the source is called: part of alert ids, so never rename it. Of a-z, 0-9, _ "
                 "and -.")
          .Required()
          .Field("topic", &SourceOptions::topic, "The Kafka topic to read.")
          .Field("files", &SourceOptions::files,
                 "Files to read, JSON lines or documents, also .gz; * and ? match. Relative to "
                 "this file.")
          .Min(1)
          .Field("stdin", &SourceOptions::use_stdin, "Read the standard input.")
          .Field("format", &SourceOptions::format, "canonical, or the name of a mapping.")
          .Field("lateness", &SourceOptions::lateness,
                 "How late an event may come and still count in full; a nightly file needs 12h.")
          .Min(0)
          .Max(30 * kDay)
          .Field("idle_timeout", &SourceOptions::idle_timeout,
                 "A source that says nothing for so long no longer holds back event time.")
          .Min(1)
          .Max(30 * kDay)
          .Field("future_tolerance", &SourceOptions::future_tolerance,
                 "Events further ahead of the broker's time than this are dead letters.")
          .Min(0)
          .Max(30 * kDay)
          .Field("max_jump", &SourceOptions::max_jump,
                 "In files: an event further ahead of the one before than this is a dead letter.")
          .Min(1)
          .Max(3660 * kDay)
          .Field("events_per_second", &SourceOptions::events_per_second,
                 "How many of its events a process takes a second at most; what is over it waits "
                 "where it is. 0: no limit.")
          .Min(0)
          .Max(1e9);
  return table;
}

const FieldTable<IngestOptions>& IngestOptions::Fields() {
  static const auto table =
      FieldTable<IngestOptions>()
          .Field("tick_interval", &IngestOptions::tick_interval,
                 "How often the passing of time is written to every partition.")
          .Min(0.1)
          .Max(3600);
  return table;
}

const FieldTable<CommitOptions>& CommitOptions::Fields() {
  static const auto table =
      FieldTable<CommitOptions>()
          .Field("interval", &CommitOptions::interval, "A batch is committed at latest after this.")
          .Min(0.001)
          .Max(60)
          .Field("min_interval", &CommitOptions::min_interval, "Commits are at least so far apart.")
          .Min(0)
          .Max(60)
          .Field("catch_up_interval", &CommitOptions::catch_up_interval,
                 "The interval while more than max_records events wait; batches are up to four "
                 "times as large then.")
          .Min(0.001)
          .Max(60)
          .Field("max_records", &CommitOptions::max_records, "The most records in a batch.")
          .Min(1)
          .Max(1'000'000)
          .Field("max_bytes", &CommitOptions::max_bytes,
                 "The most bytes in a batch, input and state.")
          .Min(65'536)
          .Max(1ull << 30);
  return table;
}

const FieldTable<ScoreOptions>& ScoreOptions::Fields() {
  static const auto table =
      FieldTable<ScoreOptions>()
          .Field("input", &ScoreOptions::input,
                 "The topic of canonical events keyed by person; empty: <kafka.prefix>.events.")
          .Field("dedup_window", &ScoreOptions::dedup_window,
                 "How many of the latest events of a partition are remembered to drop duplicates.")
          .Min(0)
          .Max(1e8)
          .Field("risk", &ScoreOptions::risk, "How findings become the risk of events and people.");
  return table;
}

const FieldTable<ListenOptions>& ListenOptions::Fields() {
  static const auto table = FieldTable<ListenOptions>().Field(
      "listen", &ListenOptions::listen, "Address and port; \"\" turns it off.");
  return table;
}

const FieldTable<HttpOptions>& HttpOptions::Fields() {
  static const auto table = FieldTable<HttpOptions>().Field(
      "ops", &HttpOptions::ops, "The listener for /healthz, /readyz and /metrics.");
  return table;
}

const FieldTable<SinkOptions>& SinkOptions::Fields() {
  static const auto table =
      FieldTable<SinkOptions>()
          .Field("alerts_file", &SinkOptions::alerts_file,
                 "Also append every alert to this file, as JSON lines; relative to the working "
                 "directory.")
          .Field("archive", &SinkOptions::archive,
                 "Also keep what alerts were made from in this directory, for bongsu reproduce; "
                 "relative to the working directory.");
  return table;
}

const FieldTable<LoggingOptions>& LoggingOptions::Fields() {
  static const auto table =
      FieldTable<LoggingOptions>()
          .Field("level", &LoggingOptions::level, "The least severe lines to write.")
          .OneOf({"trace", "debug", "info", "warning", "error", "critical", "off"})
          .Field("format", &LoggingOptions::format, "text for people, json (ECS) for collectors.")
          .OneOf({"json", "text"});
  return table;
}

const FieldTable<EngineConfig>& EngineConfig::Fields() {
  static const auto table =
      FieldTable<EngineConfig>()
          .Field("include", &EngineConfig::include,
                 "Files to merge in first, relative to this one; lists are appended to.")
          .Field("tenant", &EngineConfig::tenant, "Whose events these are: part of alert ids.")
          .Field("seed", &EngineConfig::seed, "Of every detector that names none of its own.")
          .Min(0)
          .Field("data_dir", &EngineConfig::data_dir,
                 "Where state is kept, relative to the working directory.")
          .Field("kafka", &EngineConfig::kafka,
                 "How to reach Kafka; without brokers the log is embedded.")
          .Field(
              "delivery", &EngineConfig::delivery,
              "With a broker: exactly_once publishes results when they are committed; "
              "at_least_once as soon as they are made, and after a crash perhaps again, with the "
              "same ids to fold by.")
          .OneOf({"exactly_once", "at_least_once"})
          .Field("standby", &EngineConfig::standby,
                 "With a broker: keep copies of the state this instance would take over if so many "
                 "others were lost, so that a takeover takes a moment.")
          .Min(0)
          .Max(2)
          .Field("sources", &EngineConfig::sources, "Where events come from.")
          .Field("mappings", &EngineConfig::mappings,
                 "Mapping files that sources may name as format, relative to this file.")
          .Field("limits", &EngineConfig::limits, "How large an event may be.")
          .Field("ingest", &EngineConfig::ingest, "The way from sources to canonical events.")
          .Field("commit", &EngineConfig::commit, "When a batch ends.")
          .Field("state", &EngineConfig::state, "Memory for what is known about people.")
          .Field("enrich", &EngineConfig::enrich, "What is added to every event, in this order.")
          .Field("features", &EngineConfig::features, "Aggregates over each person's own past.")
          .Field("detect", &EngineConfig::detect, "Rules and models over the features.")
          .Field("score", &EngineConfig::score,
                 "The input of scoring, and how risk is made of findings.")
          .Field("decide", &EngineConfig::decide, "When an alert is made of a risk.")
          .Field("sinks", &EngineConfig::sinks, "Where alerts go besides their topic.")
          .Field("http", &EngineConfig::http, "What listens.")
          .Field("log", &EngineConfig::log, "The log of the program, on standard error.");
  return table;
}

}  // namespace bongsu
