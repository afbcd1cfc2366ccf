#include "engine/app/replay.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/app/artifacts.h"
#include "engine/app/visit_records.h"
#include "engine/app/wiring.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"
#include "engine/crypto/digest.h"
#include "engine/io/file/json_lines_writer.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/json/writer.h"
#include "engine/telemetry/metrics.h"

namespace bongsu {
namespace {

class FixedClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(); }
  void SleepFor(Duration) const override {}
};

// A directory of this run alone, gone at the end.
class WorkDir {
 public:
  static Result<std::unique_ptr<WorkDir>> Make(const std::string& wanted) {
    if (!wanted.empty()) return std::unique_ptr<WorkDir>(new WorkDir(wanted, false));
    std::string name = (std::filesystem::temp_directory_path() / "bongsu-replay-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      return Status::Unavailable(StrCat("replay: no directory can be made in ",
                                        std::filesystem::temp_directory_path().string(),
                                        "; set TMPDIR"));
    }
    return std::unique_ptr<WorkDir>(new WorkDir(name, true));
  }
  ~WorkDir() {
    std::error_code ignored;
    if (temporary_) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  WorkDir(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  const std::string path_;
  const bool temporary_;
};

// The original bytes as text where they are text, else in hexadecimal, with the headers as members.
std::string DeadLetterLine(const Record& record) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("position").String(record.key);
  for (const Header& header : record.headers) json.Key(header.name).String(header.value);
  const bool text = IsValidUtf8(record.value);
  json.Key(text ? "bytes" : "bytes_hex")
      .String(text ? std::string(record.value) : HexEncode(record.value));
  json.EndObject();
  return line;
}

Status WriteLines(Log& log, const std::string& topic, const std::string& path,
                  const std::function<std::string(const Record&)>& to_line) {
  if (path.empty()) return Status::Ok();
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> writer,
                          JsonLinesWriter::Make(path));
  BONGSU_RETURN_IF_ERROR(VisitTopic(log, topic, [&](const Record& r) {
    const std::string line = to_line(r);
    return line.empty() ? Status::Ok() : writer->Append(line);  // A tombstone: a risk has decayed.
  }));
  return writer->Finish();
}

// Copies the committed records of `topic` into the same partitions of another log, and shows each.
Status CopyTopic(Log& from, const std::string& topic, Log& to, const std::string& to_topic,
                 const std::function<void(const Record&)>& see) {
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, from.Partitions(topic));
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Producer> producer, to.NewProducer("copy"));
  for (int32_t partition = 0; partition < partitions; ++partition) {
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader,
                            from.NewReader({topic, partition}, 0));
    const std::unique_ptr<RecordBatch> batch = reader->NewBatch();
    for (bool at_end = false; !at_end;) {
      batch->Clear();
      BONGSU_RETURN_IF_ERROR(reader->Poll(std::chrono::seconds(10), batch.get(), &at_end));
      if (batch->records().empty()) continue;
      BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, producer->Begin());
      for (const Record& r : batch->records()) {
        see(r);
        BONGSU_RETURN_IF_ERROR(transaction->Append(to_topic, partition, r.key, r.value, r.headers));
      }
      if (transaction->Commit(std::chrono::seconds(30)) != Outcome::kCommitted) {
        return Status::Unavailable(
            "replay: the copy of events could not be written; is the disk full?");
      }
    }
  }
  return Status::Ok();
}

// The digests that version events name, in the order in which they are met first.
void TakeVersion(const Record& record, std::vector<std::string>* versions) {
  std::string_view type, digest;
  for (const Header& header : record.headers) {
    if (header.name == kTypeHeader) type = header.value;
    if (header.name == kDigestHeader) digest = header.value;
  }
  if (type != kVersion) return;
  if (std::find(versions->begin(), versions->end(), digest) == versions->end())
    versions->emplace_back(digest);
}

// Events, and what the versions among them say: live scoring had it from there too.
Status CopyEvents(const EngineConfig& config, Wiring& to, std::vector<std::string>* versions) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaLog> from, KafkaLog::Make(config.kafka));
  BONGSU_RETURN_IF_ERROR(CopyTopic(*from, config.score.input, to.log(), to.topics().events,
                                   [&](const Record& r) { TakeVersion(r, versions); }));
  const Topics topics(config.kafka.prefix);
  if (config.score.input != topics.events || versions->empty()) return Status::Ok();
  return CopyTopic(*from, topics.artifacts, to.log(), to.topics().artifacts, [](const Record&) {});
}

// All but the given configuration's own must be among the artifacts.
Status CheckVersions(const EngineConfig& config, Wiring& wiring,
                     const std::vector<std::string>& versions) {
  std::vector<std::string> names;
  for (const std::string& digest : versions) {
    if (digest != config.config_digest) names.push_back(StrCat(kConfigArtifact, digest));
  }
  if (names.empty()) return Status::Ok();
  BONGSU_ASSIGN_OR_RETURN(const Artifacts found,
                          ReadArtifactTopic(wiring.log(), wiring.topics().artifacts, names));
  for (const std::string& name : names) {
    if (found.contains(name)) continue;
    return Status::NotFound(
        StrCat("replay: the topic names a version of the configuration that is not kept, ", name,
               "; replay with that configuration, or with --ignore-versions to score everything "
               "with this one"));
  }
  return Status::Ok();
}

// The last operator of all: shows the observer what the others made of the event.
class Observed final : public Operator {
 public:
  Observed(const ReplayOptions& options, bool* enough) : options_(options), enough_(enough) {}
  Result<Flow> Process(Event& event, Context& context) override {
    if (!*enough_) *enough_ = options_.observe(event, context);
    return Flow::kNext;
  }

 private:
  const ReplayOptions& options_;
  bool* const enough_;
};

OperatorSpec ObservedSpec(const ReplayOptions& options, bool* enough) {
  OperatorSpec spec;
  spec.name = "observed";
  spec.stage = Stage::kDecide;
  spec.build = [&options, enough](const OperatorSpec::Options&, BuildContext&) {
    return std::make_unique<Observed>(options, enough);
  };
  return spec;
}

// Or until there is enough; then what is in hand is committed.
Status RunToEnd(std::vector<RoleWorker>& workers, const std::function<void(int64_t)>& progress,
                const bool& enough) {
  int64_t reported = 0;
  for (bool any = true; any;) {
    if (enough) return workers.back().worker->Flush();
    any = false;
    for (RoleWorker& role : workers) {
      BONGSU_ASSIGN_OR_RETURN(const bool did, role.worker->Step());
      any |= did;
    }
    any |= !std::all_of(workers.begin(), workers.end(),
                        [](const RoleWorker& w) { return w.worker->Idle(); });
    const int64_t processed = workers.back().worker->processed();
    if (progress && processed - reported >= 10'000) progress(reported = processed);
  }
  return Status::Ok();
}

// A sample that only the share `sampled` chose.
bool IsRandom(const Record& sample) {
  return std::any_of(sample.headers.begin(), sample.headers.end(), [](const Header& header) {
    return header.name == "why" && header.value == SampleWhyName(Sample::Why::kRandom);
  });
}

Status Collect(Wiring& wiring, const ReplayOptions& options, ReplayResult* result) {
  Sha256Stream digest;
  BONGSU_RETURN_IF_ERROR(
      VisitTopic(wiring.log(), wiring.topics().alerts, [&](const Record& record) {
        digest.Add(record.value);
        digest.Add("\n");
        result->alert_json.emplace_back(record.value);
        return Status::Ok();
      }));
  result->digest = digest.FinishHex();
  result->alerts = static_cast<int64_t>(result->alert_json.size());
  BONGSU_RETURN_IF_ERROR(VisitTopic(wiring.log(), wiring.topics().dead_letters, [&](const Record&) {
    ++result->dead_letters;
    return Status::Ok();
  }));
  if (options.observe) {
    BONGSU_RETURN_IF_ERROR(
        VisitTopic(wiring.log(), wiring.topics().samples, [&](const Record& record) {
          if (!IsRandom(record)) result->sample_json.emplace_back(record.value);
          return Status::Ok();
        }));
  }
  const auto value = [](const Record& record) { return std::string(record.value); };
  BONGSU_RETURN_IF_ERROR(
      WriteLines(wiring.log(), wiring.topics().alerts, options.alerts_path, value));
  BONGSU_RETURN_IF_ERROR(WriteLines(wiring.log(), wiring.topics().dead_letters,
                                    options.dead_letters_path, DeadLetterLine));
  BONGSU_RETURN_IF_ERROR(
      WriteLines(wiring.log(), wiring.topics().user_risk, options.user_risk_path, value));
  BONGSU_RETURN_IF_ERROR(
      WriteLines(wiring.log(), wiring.topics().samples, options.samples_path, value));
  return wiring.log().shared_store()->Scan(
      "s/", "s0", [&](std::string_view key, std::string_view bytes) {
        if (const size_t slash = key.find('/', 2); key.substr(slash + 1).starts_with("u/")) {
          result->state.Add(static_cast<int64_t>(bytes.size()));
        }
        return true;
      });
}

}  // namespace

Status ReadFrom(const std::vector<std::string>& files, const std::string& named,
                EngineConfig* config) {
  std::vector<std::string> names;
  for (const SourceOptions& source : config->sources) names.push_back(source.name.value);
  const std::string wanted = named.empty() && names.size() == 1 ? names[0] : named;
  for (const MappingFile& mapping :
       config->mapping_files) {  // "cloudtrail" stands for aws.cloudtrail too.
    if (std::find(names.begin(), names.end(), wanted) != names.end()) break;
    if (mapping.name != wanted && !mapping.name.ends_with("." + wanted)) continue;
    SourceOptions source;
    source.name.value = wanted;
    source.format.value = mapping.name;
    config->sources.push_back(std::move(source));
    break;
  }
  for (SourceOptions& source : config->sources) {
    if (source.name.value != wanted) continue;
    SourceOptions chosen = source;
    chosen.topic.value.clear();
    chosen.use_stdin = files.size() == 1 && files[0] == "-";
    chosen.files = chosen.use_stdin ? std::vector<std::string>() : files;
    config->sources = {std::move(chosen)};
    return Status::Ok();
  }
  return Status::Invalid(StrCat("--source: expected one of ", Join(names, ", "), ", got \"", wanted,
                                "\"", DidYouMeanHint(wanted, names)));
}

Result<ReplayResult> Replay(const EngineConfig& config, const ReplayOptions& options) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<WorkDir> dir, WorkDir::Make(options.work_dir));
  EngineConfig local = config;
  local.data_dir = dir->path();
  local.kafka.brokers.clear();
  local.score.input = Topics(local.kafka.prefix).events;
  if (options.from_topic) {
    local.sources.clear();
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaLog> log, KafkaLog::Make(config.kafka));
    BONGSU_ASSIGN_OR_RETURN(local.kafka.partitions, log->Partitions(config.score.input));
  }
  bool enough = false;
  const OperatorSpec observed = ObservedSpec(options, &enough);
  if (options.observe) local.pipeline.push_back({&observed, nullptr, {}, "observed"});
  const FixedClock clock;
  const SystemClock real;
  PrometheusMetrics metrics(BONGSU_VERSION);
  // Another deployment's events come with its versions, not with ours.
  const bool foreign = options.from_topic && config.score.input != local.score.input;
  const Wiring::Options wired{local,   clock,
                              metrics, [](std::string_view, std::string_view) {},
                              true,    options.ignore_versions || foreign};
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Wiring> wiring, Wiring::Make(wired));
  ReplayResult result;
  if (options.from_topic) BONGSU_RETURN_IF_ERROR(CopyEvents(config, *wiring, &result.versions));
  BONGSU_ASSIGN_OR_RETURN(std::vector<RoleWorker> workers, wiring->NewIngestWorkers());
  const size_t ingest_workers = workers.size();
  std::string first_version;
  if (!result.versions.empty() && !wired.ignore_versions) {
    BONGSU_RETURN_IF_ERROR(CheckVersions(config, *wiring, result.versions));
    first_version = result.versions.front();
  }
  BONGSU_ASSIGN_OR_RETURN(RoleWorker score, wiring->NewScoreWorker(0, first_version));
  workers.push_back(std::move(score));
  const Timestamp began = real.Steady();
  BONGSU_RETURN_IF_ERROR(RunToEnd(workers, options.progress, enough));
  result.seconds = ToSeconds(real.Steady() - began);
  BONGSU_RETURN_IF_ERROR(Collect(*wiring, options, &result));
  Ingest::Totals totals;
  for (size_t i = 0; i < ingest_workers; ++i) {
    const Ingest::Totals& one = static_cast<const Ingest&>(*workers[i].shards).totals();
    totals.events += one.events;
    totals.dead_letters += one.dead_letters;
    totals.mapped += one.mapped;
    totals.members += one.members;
  }
  if (options.from_topic) totals.events = workers.back().worker->processed();
  result.records = totals.events + totals.dead_letters;
  result.events =
      result.records - result.dead_letters;  // Some are refused by ingest, some only by score.
  result.mapped_ratio = static_cast<double>(totals.mapped) /
                        static_cast<double>(std::max<int64_t>(1, totals.members));
  return result;
}

}  // namespace bongsu
