#include "tests/simulator/process.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/pipeline/group_watch.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/score_factory.h"
#include "state/overlay/overlay_store.h"
#include "tests/simulator/parts.h"
#include "tests/simulator/topics.h"

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kPrefix = "bongsu.bank";

}  // namespace

// Numbers are not looked at.
class Process::NoMetrics final : public Metrics {
 public:
  Counter& GetCounter(std::string_view, Labels) override { return counter_; }
  Gauge& GetGauge(std::string_view, Labels) override { return gauge_; }
  Histogram& GetHistogram(std::string_view, Labels) override { return histogram_; }

 private:
  struct NoCounter final : Counter {
    void Add(double) override {}
  };
  struct NoGauge final : Gauge {
    void Set(double) override {}
  };
  struct NoHistogram final : Histogram {
    void Observe(double) override {}
    void ObserveMany(std::span<const double>, double) override {}
    std::span<const double> buckets() const override { return {}; }
  };
  NoCounter counter_;
  NoGauge gauge_;
  NoHistogram histogram_;
};

class Process::FiberExecutor final : public Executor {
 public:
  explicit FiberExecutor(Process& process) : process_(process) {}
  ~FiberExecutor() override { Wait(); }
  void Start(std::function<void()> job) override {
    ended_ = false;
    process_.Spawn([this, job = std::move(job)] {
      Delay();
      job();
      Delay();
      ended_ = true;
      return Status::Ok();
    });
  }
  bool ended() const override { return ended_; }
  void Wait() override {
    while (!ended_) process_.environment_.world.Pause();
  }
  void WaitFor(Duration at_most) override {
    if (!ended_) process_.environment_.world.Sleep(at_most);
  }

 private:
  // Meanwhile the worker goes on.
  void Delay() {
    World& world = process_.environment_.world;
    world.Sleep(world.Between(Duration(0), process_.environment_.scenario.commit_time));
  }
  Process& process_;
  bool ended_ = true;
};

Process::Process(Environment environment, std::string name, Machine& machine)
    : environment_(std::move(environment)),
      name_(std::move(name)),
      machine_(machine),
      host_{name_, false, {}, {}, {}},
      awaits_(environment_.world, host_, environment_.coverage),
      log_(environment_.broker, awaits_, environment_.mutant, environment_.hooks),
      clock_(environment_.world, host_),
      metrics_(std::make_unique<NoMetrics>()),
      behind_({environment_.scenario.behind, {}}, clock_) {
  StoreKeeper::Environment stores;
  stores.open = [this](const TopicPartition& of) -> Result<std::unique_ptr<KeyValueStore>> {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kStoreOpen));
    Disk& disk = machine_.disks[of];
    if (disk.unreadable) return Status::Corrupt("simulated: the store does not open");
    return MutateDisk(environment_.mutant, OpenDisk(disk, machine_, awaits_));
  };
  // Under the keeper's lock: nobody else may run meanwhile.
  stores.set_aside = [this](const TopicPartition& of) -> Status {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kSetAside, false));
    machine_.disks[of].Wipe();
    return Status::Ok();
  };
  stores_ = std::make_unique<StoreKeeper>(std::move(stores), seconds(20), clock_);
}

Process::~Process() {
  BONGSU_CHECK(running_ == 0);
}

void Process::Spawn(std::function<Status()> thread) {
  ++running_;
  environment_.world.Spawn(host_, [this, thread = std::move(thread)] {
    const Status status = thread();
    --running_;
    // Who is asked to end does not wait for the world to be well again.
    const bool gives_up = stop_.stop_requested() && status.code() == Code::kUnavailable;
    if (status.ok() || host_.dead || gives_up) return;
    environment_.world.Trace("ends: ", status.message());
    failure_ = status;
    Kill();  // One worker's end is the process's.
  });
}

void Process::Start() {
  begun_ = true;
  environment_.world.Trace("process ", name_, " starts on ", machine_.name);
  if (environment_.scenario.ingest) Spawn([this] { return RunIngest(); });
  for (int i = 0; i < environment_.scenario.score_threads; ++i) {
    Spawn([this, i] { return RunScore(i); });
  }
  Spawn([this] { return RunWatch(); });
}

void Process::Stop() {
  environment_.world.Trace("process ", name_, " is asked to end");
  stop_.request_stop();
}

Result<std::unique_ptr<StateStore>> Process::OpenStore(const TopicPartition& from) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> store, stores_->Take(from));
  if (!store) return std::unique_ptr<StateStore>();
  return MakeStateStore(behind_.Before(std::move(store)));
}

Status Process::RunScore(int index) {
  const Scenario& scenario = environment_.scenario;
  const std::string role = StrCat("score-", index), member = Member(role);
  ScoreShardOptions base = ShardOptions(scenario);
  base.transactional_id = TransactionalId(kPrefix, member);
  BONGSU_ASSIGN_OR_RETURN(const std::string cluster, log_.Identity());
  base.cluster = Hash64(cluster);
  const auto note = [this](std::string_view text) { environment_.world.Trace(text); };
  ScoreEnvironment environment;
  environment.open_store = [this](const TopicPartition& from) { return OpenStore(from); };
  environment.set_aside = [this](const TopicPartition& of) { return stores_->SetAside(of); };
  environment.make_parts = []() -> Result<ScoreParts> { return MakeParts(); };
  environment.notify = note;
  environment.check_disk = [this] {
    if (host_.dead) return Status::Internal("simulated: this process is dead");
    return machine_.full ? Status::Unavailable("simulated: no space left") : Status::Ok();
  };
  ScoreFactory factory(std::move(base), std::move(environment),
                       {"bank.score", std::string(kPrefix), member, note}, log_, *metrics_, clock_);
  const auto mutated = MutateShards(environment_.mutant, factory);
  return RunWorker(role, *mutated, {kEvents});
}

Status Process::RunIngest() {
  const std::string role = "ingest-topics", member = Member(role);
  IngestPlan plan;
  plan.event_partitions = environment_.scenario.partitions;
  plan.tick_interval = seconds(2);
  plan.transactional_id = TransactionalId(kPrefix, member);
  IngestSource source;
  source.name = kSource;
  source.new_decoder = NewSourceDecoder;
  plan.sources.emplace(kSource, std::move(source));
  StrayTransactions::Options stray{
      "bank.ingest", std::string(kPrefix), member,
      [this](std::string_view text) { environment_.world.Trace(text); }};
  Ingest ingest(std::move(plan), std::make_unique<StrayTransactions>(stray, log_, clock_),
                *metrics_);
  return RunWorker(role, ingest, {kSource, kDecisions});
}

Status Process::RunWorker(const std::string& role, ShardFactory& shards,
                          const std::vector<std::string>& topics) {
  WorkerOptions options;
  options.name = role;
  options.transactional_id = TransactionalId(kPrefix, Member(role));
  options.max_records = environment_.scenario.max_records;
  options.idle_wait = environment_.scenario.idle_wait;
  options.at_least_once = environment_.scenario.at_least_once;
  options.executor = std::make_shared<FiberExecutor>(*this);
  const std::string group = role.starts_with("score") ? "bank.score" : "bank.ingest";
  const auto make_consumer = [&] { return log_.NewConsumer(group, Member(role), topics); };
  Worker worker(options, log_, make_consumer, shards, clock_, *metrics_,
                [&](std::string_view reason) {
                  environment_.world.Trace(role, ": ", reason.empty() ? "all is well" : reason);
                });
  workers_.push_back(&worker);
  Status status = worker.Run(stop_.get_token());
  std::erase(workers_, &worker);
  past_commits_ += worker.commits();
  return status;
}

Status Process::RunWatch() {
  GroupWatch::Options options;
  options.group = "bank.score";
  options.instance = name_;
  options.input = kEvents;
  options.changelog = kChangelog;
  options.partitions = environment_.scenario.partitions;
  options.standby = environment_.scenario.standby;
  options.session_timeout = kSession;
  BONGSU_ASSIGN_OR_RETURN(const std::string cluster, log_.Identity());
  options.cluster = Hash64(cluster);
  GroupWatch::Environment environment;
  environment.open_store = [this](const TopicPartition& from) { return OpenStore(from); };
  environment.set_aside = [this](const TopicPartition& of) { return stores_->SetAside(of); };
  environment.wanted = [this](const TopicPartition& from) { return stores_->Wanted(from); };
  environment.notify = [this](std::string_view text) { environment_.world.Trace(text); };
  environment.report = environment.notify;
  GroupWatch watch(std::move(options), std::move(environment), log_, *metrics_, clock_);
  while (!stop_.stop_requested() && !host_.dead) {
    watch.Step();
    stores_->Tend();
    clock_.SleepFor(milliseconds(watch.following() > 0 ? 100 : 500));
  }
  return Status::Ok();
}

bool Process::Holds(std::string_view transactional_id) const {
  return transactional_id.starts_with(StrCat(kPrefix, '.', name_, '.'));
}

bool Process::Idle() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const Worker* w) { return w->Idle(); });
}

int64_t Process::commits() const {
  int64_t commits = past_commits_;
  for (const Worker* worker : workers_) commits += worker->commits();
  return commits;
}

}  // namespace bongsu::sim
