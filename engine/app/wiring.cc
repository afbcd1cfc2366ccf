#include "engine/app/wiring.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>

#include "engine/app/announcing.h"
#include "engine/app/artifacts.h"
#include "engine/app/data_dir.h"
#include "engine/app/disk_probe.h"
#include "engine/app/ingest_state.h"
#include "engine/app/partition_stores.h"
#include "engine/app/state_changelog.h"
#include "engine/app/version_book.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/decode/canonical.h"
#include "engine/decode/mapping.h"
#include "engine/io/embedded/embedded_log.h"
#include "engine/io/file/file_consumer.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/pipeline/stray_transactions.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"

namespace bongsu {
namespace {

constexpr size_t kCatchUp = 4;  // Usual batches in a large one.

// By topic, or by name for files.
RateLimits MakeLimits(const EngineConfig& config, const Clock& clock) {
  RateLimits limits;
  const auto add = [&](const std::string& topic, int64_t per_second) {
    if (per_second == 0) return;
    limits[topic] = std::make_shared<RateLimit>(static_cast<double>(per_second), clock);
  };
  add(config.score.input, config.limits.events_per_second);
  for (const SourceOptions& source : config.sources) {
    const std::string& topic = source.topic.value;
    add(topic.empty() ? source.name.value : topic, source.events_per_second);
  }
  return limits;
}

}  // namespace

struct Wiring::Impl {
  explicit Impl(Options o)
      : options(std::move(o)),
        config(options.config),
        topics(config.kafka.prefix),
        limits(MakeLimits(config, options.clock)) {}

  Options options;
  const EngineConfig& config;
  Topics topics;
  const RateLimits limits;  // Of all workers together.
  DirectoryLock data_dir;
  std::string instance;
  std::unique_ptr<PartitionStores> stores;  // With a broker.
  std::unique_ptr<KeyValueStore> database;  // Embedded: log and state in one.
  std::unique_ptr<EmbeddedLog> embedded;
  std::unique_ptr<KafkaLog> kafka;
  std::unique_ptr<VersionBook> versions;
  std::shared_ptr<Announcer> announcer;  // Once ingest workers are made.

  Log& log() { return kafka ? static_cast<Log&>(*kafka) : *embedded; }
  bool Receipts() const { return !options.replay; }
  // For the log; a replay has none.
  std::function<void(std::string_view message)> Notes() const {
    return [quiet = options.replay](std::string_view message) {
      if (!quiet) spdlog::info("{}", message);
    };
  }
  std::string Member(std::string_view worker) const { return StrCat(instance, ".", worker); }
  // How a worker of `role` ends what owners that are gone have left open.
  StrayTransactions::Options Stray(std::string_view role, std::string_view worker) const {
    return {config.kafka.Group(role), config.kafka.TransactionPrefix(), Member(worker),
            [](std::string_view message) { spdlog::info("{}", message); }};
  }
  Result<std::unique_ptr<StateStore>> OpenStore(const TopicPartition& from) {
    if (database) return MakeStateStore(*database, StorePrefix(config, from.partition));
    BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> store, stores->Take(from));
    return store ? MakeStateStore(std::move(store)) : nullptr;
  }
  Status OpenLog();
  WorkerOptions ForWorker(std::string_view role, std::string_view index) const;
  Worker::Reporter Reporter(std::string component) const {
    return [report = options.report, component = std::move(component)](std::string_view reason) {
      report(component, reason);
    };
  }
  Result<IngestPlan> PlanIngest();
  Result<RoleWorker> TopicIngest(const std::vector<std::string>& source_topics);
  Result<RoleWorker> FileIngest(const SourceOptions& source, bool announces);
};

Status Wiring::Impl::OpenLog() {
  BONGSU_RETURN_IF_ERROR(data_dir.Take(config.data_dir));
  if (!config.kafka.brokers.empty()) {
    BONGSU_ASSIGN_OR_RETURN(instance, InstanceName(config));
    BONGSU_ASSIGN_OR_RETURN(kafka, KafkaLog::Make(config.kafka));
    stores = std::make_unique<PartitionStores>(config, options.clock);
    return Status::Ok();
  }
  instance = "embedded";
  BONGSU_ASSIGN_OR_RETURN(database,
                          RocksDbFactory(config.state.rocksdb).Open(EmbeddedPath(config)));
  const int32_t n = config.kafka.partitions;
  BONGSU_ASSIGN_OR_RETURN(embedded,
                          EmbeddedLog::Make(*database,
                                            {{topics.events, n, true},
                                             {topics.alerts, n, false},
                                             // A replay shows every change of a person's risk.
                                             {topics.user_risk, n, false, !options.replay},
                                             {topics.decisions, n, false},
                                             {topics.samples, n, false},
                                             {topics.artifacts, 1, false, true},
                                             {topics.receipts, n, false},
                                             {topics.dead_letters, n, false},
                                             {topics.ingest_state, 1, false, true}},
                                            options.clock));
  return Status::Ok();
}

WorkerOptions Wiring::Impl::ForWorker(std::string_view role, std::string_view index) const {
  WorkerOptions worker;
  worker.name = StrCat(role, "-", index);
  worker.transactional_id = TransactionalId(config.kafka.TransactionPrefix(), Member(worker.name));
  worker.interval = config.commit.interval.value;
  worker.min_interval = options.replay ? Duration(0) : config.commit.min_interval;
  worker.max_records = static_cast<size_t>(config.commit.max_records);
  worker.catch_up_interval = config.commit.catch_up_interval;
  worker.catch_up_records = kCatchUp * worker.max_records;
  worker.max_bytes = config.commit.max_bytes.bytes;
  worker.at_least_once = kafka != nullptr && config.delivery == "at_least_once";
  if (!options.replay) worker.limits = limits;
  if (kafka) worker.executor = MakeThreadExecutor();
  return worker;
}

Result<std::unique_ptr<SourceDecoder>> MakeSourceDecoder(const EngineConfig& config,
                                                         const SourceOptions& source) {
  if (source.format.value == "canonical") {
    return std::unique_ptr<SourceDecoder>(
        std::make_unique<CanonicalSource>(config.limits, source.name.value));
  }
  for (const MappingFile& mapping : config.mapping_files) {
    if (mapping.name != source.format.value) continue;
    Problems problems;
    return MakeMapping(mapping.node, config.limits, source.name.value, &problems);
  }
  return Status::Invalid(
      StrCat("source ", source.name.value, ": no mapping is called \"", source.format.value, "\""));
}

Result<RoleWorker> Wiring::NewScoreWorker(int index, std::string first_version) {
  Impl* const impl = impl_.get();
  const EngineConfig& config = impl->config;
  const WorkerOptions worker = impl->ForWorker("score", StrCat(index));
  ScoreShardOptions base;
  base.topics = impl->topics;
  BONGSU_ASSIGN_OR_RETURN(base.partitions, log().Partitions(config.score.input));
  BONGSU_ASSIGN_OR_RETURN(base.alert_partitions, log().Partitions(impl->topics.alerts));
  BONGSU_ASSIGN_OR_RETURN(base.risk_partitions, log().Partitions(impl->topics.user_risk));
  BONGSU_ASSIGN_OR_RETURN(base.sample_partitions, log().Partitions(impl->topics.samples));
  BONGSU_ASSIGN_OR_RETURN(base.dead_letter_partitions, log().Partitions(impl->topics.dead_letters));
  base.dedup_window = static_cast<size_t>(config.score.dedup_window);
  base.cached_people = static_cast<size_t>(config.state.profiles);
  base.timings = config.timings;
  base.transactional_id = worker.transactional_id;
  base.config_digest_hex = config.config_digest;
  base.first_version = std::move(first_version);
  // Where the events are another deployment's, so are their versions.
  if (config.score.input == impl->topics.events && !impl->options.ignore_versions) {
    base.versions = [impl](const std::string& digest) -> Result<ScoreVersion> {
      BONGSU_ASSIGN_OR_RETURN(std::shared_ptr<const EngineConfig> version,
                              impl->versions->Get(digest));
      return MakeScoreVersion(std::move(version), impl->Receipts());
    };
  }
  BONGSU_ASSIGN_OR_RETURN(base.receipt_partitions, log().Partitions(impl->topics.receipts));
  base.changelog = !embedded();
  BONGSU_ASSIGN_OR_RETURN(const std::string cluster, log().Identity());
  base.cluster = Hash64(cluster);

  BONGSU_RETURN_IF_ERROR(MakeScoreParts(config).status());
  ScoreEnvironment environment;
  environment.open_store = [impl](const TopicPartition& from) { return impl->OpenStore(from); };
  environment.set_aside = [impl](const TopicPartition& from) {
    return impl->stores->keeper().SetAside(from);
  };
  environment.make_parts = [impl, &config] { return MakeScoreParts(config, impl->Receipts()); };
  environment.notify = impl->Notes();
  if (!impl->database) {
    environment.check_disk = [impl] { return ProbeDisk(impl->config.data_dir); };
  }

  RoleWorker role;
  role.name = worker.name;
  role.shards = std::make_unique<ScoreFactory>(std::move(base), std::move(environment),
                                               impl->Stray("score", worker.name), log(),
                                               impl->options.metrics, impl->options.clock);
  const auto make_consumer = [impl, member = worker.name]() -> Result<std::unique_ptr<Consumer>> {
    const std::string topics[] = {impl->config.score.input};
    return impl->log().NewConsumer(impl->config.kafka.Group("score"), impl->Member(member), topics);
  };
  role.worker =
      std::make_unique<Worker>(worker, log(), make_consumer, *role.shards, impl->options.clock,
                               impl->options.metrics, impl->Reporter(role.name));
  return role;
}

Result<std::unique_ptr<GroupWatch>> Wiring::NewGroupWatch() {
  Impl* const impl = impl_.get();
  if (!impl->kafka) return std::unique_ptr<GroupWatch>();
  GroupWatch::Options options;
  options.group = impl->config.kafka.Group("score");
  options.instance = impl->instance;
  options.input = impl->config.score.input;
  options.changelog = impl->topics.changelog;
  BONGSU_ASSIGN_OR_RETURN(options.partitions, log().Partitions(options.input));
  options.standby = static_cast<int>(impl->config.standby);
  options.session_timeout = impl->config.kafka.session_timeout;
  BONGSU_ASSIGN_OR_RETURN(const std::string cluster, log().Identity());
  options.cluster = Hash64(cluster);
  GroupWatch::Environment environment;
  environment.open_store = [impl](const TopicPartition& from) { return impl->OpenStore(from); };
  environment.set_aside = [impl](const TopicPartition& of) {
    return impl->stores->keeper().SetAside(of);
  };
  environment.wanted = [impl](const TopicPartition& from) {
    return impl->stores->keeper().Wanted(from);
  };
  environment.notify = [](std::string_view message) { spdlog::info("{}", message); };
  environment.report = impl->Reporter("group");
  return std::make_unique<GroupWatch>(std::move(options), std::move(environment), log(),
                                      impl->options.metrics, impl->options.clock);
}

void Wiring::WarmStores() {
  if (impl_->stores) impl_->stores->Warm();
}

void Wiring::Tend() {
  if (impl_->stores) impl_->stores->Tend();
}

Result<bool> Wiring::Announce(const EngineConfig& config) {
  if (impl_->announcer == nullptr) return false;
  BONGSU_RETURN_IF_ERROR(AnnounceNow(config, log(), impl_->topics, *impl_->announcer));
  return true;
}

Result<IngestPlan> Wiring::Impl::PlanIngest() {
  IngestPlan plan;
  plan.topics = topics;
  BONGSU_ASSIGN_OR_RETURN(plan.event_partitions, log().Partitions(topics.events));
  BONGSU_ASSIGN_OR_RETURN(plan.dead_letter_partitions, log().Partitions(topics.dead_letters));
  plan.tick_interval = options.replay ? Duration::max() : config.ingest.tick_interval;
  for (const SourceOptions& source : config.sources) {
    IngestSource ingest;
    ingest.name = source.name.value;
    ingest.file = source.topic.value.empty();
    ingest.future_tolerance = source.future_tolerance;
    ingest.max_jump = source.max_jump;
    BONGSU_RETURN_IF_ERROR(MakeSourceDecoder(config, source).status());
    ingest.new_decoder = [this, &source] { return *MakeSourceDecoder(config, source); };
    plan.sources.emplace(ingest.file ? source.name.value : source.topic.value, std::move(ingest));
  }
  return plan;
}

Result<RoleWorker> Wiring::Impl::TopicIngest(const std::vector<std::string>& source_topics) {
  BONGSU_ASSIGN_OR_RETURN(IngestPlan plan, PlanIngest());
  plan.announcer = announcer;
  const WorkerOptions worker = ForWorker("ingest", "topics");
  RoleWorker role;
  role.name = worker.name;
  std::unique_ptr<StrayTransactions> stray;
  if (kafka) {
    plan.transactional_id = worker.transactional_id;
    stray = std::make_unique<StrayTransactions>(Stray("ingest", worker.name), log(), options.clock);
  }
  role.shards = std::make_unique<Ingest>(std::move(plan), std::move(stray), options.metrics);
  const auto make_consumer = [this, source_topics, member = worker.name] {
    return log().NewConsumer(config.kafka.Group("ingest"), Member(member), source_topics);
  };
  role.worker = std::make_unique<Worker>(worker, log(), make_consumer, *role.shards, options.clock,
                                         options.metrics, Reporter(role.name));
  return role;
}

Result<RoleWorker> Wiring::Impl::FileIngest(const SourceOptions& source, bool announces) {
  BONGSU_ASSIGN_OR_RETURN(IngestPlan plan, PlanIngest());
  if (announces) plan.announcer = announcer;
  WorkerOptions worker = ForWorker("ingest", source.name.value);
  worker.in_order = true;
  RoleWorker role;
  role.name = worker.name;
  role.shards = std::make_unique<Ingest>(std::move(plan), nullptr, options.metrics);
  const auto make_consumer = [this, &source]() -> Result<std::unique_ptr<Consumer>> {
    BONGSU_ASSIGN_OR_RETURN(IngestState now, ReadIngestState(log(), topics.ingest_state));
    std::vector<FileCursor> known;
    for (const auto& [path, cursor] : now.cursors[source.name.value]) known.push_back(cursor);
    FileSourceOptions file;
    file.name = source.name.value;
    file.files = source.files;
    file.stdin_fd = source.use_stdin ? 0 : -1;
    file.max_record = config.limits.record.bytes;
    file.state_topic = topics.ingest_state;
    BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<FileConsumer> consumer,
                            FileConsumer::Make(std::move(file), std::move(known), options.clock));
    return std::unique_ptr<Consumer>(std::move(consumer));
  };
  role.worker = std::make_unique<Worker>(worker, log(), make_consumer, *role.shards, options.clock,
                                         options.metrics, Reporter(role.name));
  return role;
}

Result<std::vector<RoleWorker>> Wiring::NewIngestWorkers() {
  BONGSU_ASSIGN_OR_RETURN(const IngestState state,
                          ReadIngestState(log(), impl_->topics.ingest_state));
  BONGSU_ASSIGN_OR_RETURN(impl_->announcer,
                          MakeAnnouncer(impl_->config, state, impl_->instance, log(), impl_->topics,
                                        impl_->options.replay));
  std::vector<RoleWorker> workers;
  std::vector<std::string> source_topics;
  for (const SourceOptions& source : impl_->config.sources) {
    if (!source.topic.value.empty()) source_topics.push_back(source.topic.value);
  }
  if (!embedded()) source_topics.push_back(impl_->topics.decisions);
  if (!source_topics.empty()) {
    BONGSU_ASSIGN_OR_RETURN(RoleWorker worker, impl_->TopicIngest(source_topics));
    workers.push_back(std::move(worker));
  }
  for (const SourceOptions& source : impl_->config.sources) {
    if (!source.topic.value.empty()) continue;
    BONGSU_ASSIGN_OR_RETURN(RoleWorker worker, impl_->FileIngest(source, workers.empty()));
    workers.push_back(std::move(worker));
  }
  return workers;
}

Wiring::Wiring(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Wiring::~Wiring() = default;
Log& Wiring::log() {
  return impl_->log();
}
const Topics& Wiring::topics() const {
  return impl_->topics;
}
bool Wiring::embedded() const {
  return impl_->embedded != nullptr;
}
std::string Wiring::LogHealth() {
  return impl_->kafka ? impl_->kafka->Health() : std::string();
}

Result<std::unique_ptr<Wiring>> Wiring::Make(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  BONGSU_RETURN_IF_ERROR(impl->OpenLog());
  impl->versions = std::make_unique<VersionBook>(
      impl->config,
      [raw = impl.get()](const std::vector<std::string>& names) {
        return ReadArtifactTopic(raw->log(), raw->topics.artifacts, names);
      },
      impl->options.clock, impl->Notes());
  return std::unique_ptr<Wiring>(new Wiring(std::move(impl)));
}

Status Wiring::CheckTopics(bool score) {
  const Topics& t = impl_->topics;
  const std::string& input = impl_->config.score.input;
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log().Partitions(input));
  if (embedded()) return Status::Ok();  // It made its topics itself.
  const Result<int32_t> changelog = log().Partitions(t.changelog);
  if (changelog.ok() && *changelog != partitions) {
    return Status::Invalid(StrCat(
        "topic ", t.changelog, " has ", *changelog, " partitions, ", input, " has ", partitions,
        ": partition p of one holds the state for partition p of the other; "
        "make the changelog anew with ",
        partitions, " partitions"));
  }
  // At the same time: every restart waits for it.
  std::future<Status> unchanged = std::async(std::launch::async, [&] {
    return score ? CheckCountUnchanged(log(), t.changelog, input, partitions) : Status::Ok();
  });
  std::vector<TopicSpec> specs = RequiredTopics(impl_->config.kafka);
  // Nothing reads or writes them yet.
  std::erase_if(specs, [&](const TopicSpec& spec) { return spec.name == t.group_sums; });
  BONGSU_ASSIGN_OR_RETURN(const std::vector<std::string> differences,
                          impl_->kafka->CheckTopics(specs, TopicChecks::kVital));
  if (differences.empty()) return unchanged.get();
  for (const std::string& difference : differences) spdlog::error("{}", difference);
  return Status::Invalid(StrCat(differences.size(),
                                " thing(s) about the topics would lose or change something; each "
                                "is named above with its remedy"));
}

}  // namespace bongsu
