#include "tests/faults/campaign.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <thread>

#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "tests/faults/damage.h"
#include "tests/faults/faults.h"
#include "tests/faults/feeder.h"
#include "tests/faults/scene.h"
#include "tests/support/temp_dir.h"

namespace bongsu::faults {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kPrefix = "campaign";
constexpr const char* kSource = "campaign.source";
constexpr std::chrono::seconds kLagPatience{60};
constexpr int kSmallDiskMegabytes = 96;

double Since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

class Campaign {
 public:
  Campaign(const CampaignOptions& options, std::ostream& progress)
      : options_(options), progress_(progress), scores_only_(options.roles == "score") {
    report_.options = options;
  }
  ~Campaign() {
    feeder_.reset();
    fleet_.reset();
    if (Any(Needs::kSmallDisk)) UnmountSmallDisk(SmallDisk());
  }

  Result<Report> Run() {
    // The detectors only learn for a month as they are shipped. For the processes and for Verify.
    ::setenv("BONGSU_LEARNING", "0s", 1);
    BONGSU_RETURN_IF_ERROR(ChooseFaults());
    BONGSU_RETURN_IF_ERROR(StartBrokers());
    BONGSU_RETURN_IF_ERROR(MakeTopics());
    StartFeeding();
    StartMembers();
    if (options_.once) {
      DoEachOnce();
    } else {
      DoAtRandom();
    }
    BONGSU_RETURN_IF_ERROR(Settle());
    BONGSU_RETURN_IF_ERROR(Judge());
    return std::move(report_);
  }

 private:
  Status ChooseFaults();
  bool Selected(const std::string& name) const;
  bool Any(Needs needs) const;
  std::string SmallDisk() const { return folder_ + "/member-0-data"; }  // Of the first member.
  Status StartBrokers();
  Status MakeTopics();
  void StartFeeding();
  void StartMembers();
  bool Try(const Fault& fault);
  void TurnFor(Scene::Span span);
  void DoAtRandom();
  void DoEachOnce();
  Status Settle();
  Status Judge();
  void NameBrokenPromises();
  void Say(const std::string& text) {
    progress_ << StrCat("[", journal_->Now(), " s] ", text) << std::endl;
  }

  const CampaignOptions& options_;
  std::ostream& progress_;
  const bool scores_only_;
  std::unique_ptr<TempDir> temporary_;
  std::string folder_;
  std::unique_ptr<Journal> journal_;
  std::vector<Fault> faults_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
  std::unique_ptr<BrokerHand> brokers_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Feeder> feeder_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<Scene> scene_;
  Clock::time_point last_fault_;
  Report report_;
};

bool Campaign::Selected(const std::string& name) const {
  return options_.faults.empty() ||
         std::any_of(options_.faults.begin(), options_.faults.end(), [&](const std::string& asked) {
           return name == asked || name.starts_with(asked + "/");
         });
}

bool Campaign::Any(Needs needs) const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [needs](const Fault& fault) { return fault.needs == needs; });
}

Status Campaign::ChooseFaults() {
  if (options_.keep.empty()) {
    temporary_ = std::make_unique<TempDir>();
    folder_ = temporary_->path();
  } else {
    folder_ = fs::absolute(options_.keep).string();
    fs::create_directories(folder_);
    if (!fs::is_empty(folder_)) {
      return Status::Invalid(StrCat("--keep: ", folder_, " is not empty; name another folder"));
    }
  }
  journal_ = std::make_unique<Journal>(folder_ + "/faults.log");
  for (Fault& fault : FaultTable()) {
    if (!Selected(fault.name)) continue;
    std::string why;
    if (fault.needs == Needs::kThreeBrokers && options_.brokers < 3) why = "it needs --brokers 3";
    if (fault.needs == Needs::kClock && options_.clock_library.empty()) why = "no library for it";
    if (fault.needs == Needs::kSmallDisk) {
      fs::create_directories(SmallDisk());
      why = MountSmallDisk(SmallDisk(), kSmallDiskMegabytes).message();
    }
    if (why.empty()) {
      faults_.push_back(std::move(fault));
    } else {
      report_.skipped.push_back(StrCat(fault.name, ": ", why));
    }
  }
  if (!faults_.empty()) return Status::Ok();
  return Status::Invalid(StrCat("--faults: none can be had here: ", Join(options_.faults, ","),
                                "; ", Join(report_.skipped, "; ")));
}

Status Campaign::StartBrokers() {
  Say(StrCat("seed ", options_.seed, ", ", options_.brokers, " broker(s) of Kafka ", options_.kafka,
             ", working in ", folder_));
  KafkaClusterOptions cluster;
  cluster.nodes = options_.brokers;
  cluster.version = options_.kafka;
  for (int i = 0; Any(Needs::kProxy) && i < options_.brokers; ++i) {
    BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Proxy> proxy, Proxy::Listen());
    cluster.advertised[i] = proxy->port();
    proxies_.push_back(std::move(proxy));
  }
  BONGSU_ASSIGN_OR_RETURN(brokers_, BrokerHand::Start(cluster));
  for (size_t i = 0; i < proxies_.size(); ++i) {
    proxies_[i]->ForwardTo(brokers_->broker().cluster().client_port(static_cast<int>(i)));
  }
  return Status::Ok();
}

Status Campaign::MakeTopics() {
  FleetOptions fleet;
  fleet.program = options_.program;
  fleet.folder = folder_;
  fleet.roles = options_.roles;
  fleet.brokers = brokers_->broker().bootstrap();
  fleet.prefix = kPrefix;
  fleet.source = kSource;
  fleet.partitions = options_.partitions;
  fleet.replication = options_.brokers;
  if (Any(Needs::kClock)) fleet.clock_library = options_.clock_library;
  fleet_ = std::make_unique<Fleet>(std::move(fleet), *journal_);
  for (int i = 0; i < options_.members; ++i) fleet_->Add(false);
  const ProgramResult made =
      RunProgram({{options_.program, "topics", "create", "-c", fleet_->members().front()->config},
                  folder_ + "/topics.log",
                  {},
                  false,
                  {}});
  if (made.exit_code != 0) return Status::Unavailable("no topics: " + made.output);
  // Events keep their own time, which a broker of 4.0 and later may take for a mistake.
  return brokers_->broker().CreateTopic(
      kSource, options_.partitions,
      {{"message.timestamp.after.max.ms", StrCat(INT64_MAX)}, {"retention.ms", "-1"}});
}

void Campaign::StartFeeding() {
  const Topics topics(kPrefix);
  Feeder::Options feed;
  feed.bootstrap = brokers_->broker().cluster().direct();
  feed.topic = scores_only_ ? topics.events : kSource;
  feed.partitions = options_.partitions;
  feed.stamped = !scores_only_;
  feed.history = options_.history;
  feed.rate = options_.rate;
  feed.seed = options_.seed;
  feeder_ = std::make_unique<Feeder>(feed);
  while (!feeder_->ready()) std::this_thread::sleep_for(Scene::Span(50));
}

void Campaign::StartMembers() {
  const Topics topics(kPrefix);
  Watch::Options watch;
  watch.bootstrap = brokers_->broker().cluster().direct();
  if (!scores_only_) watch.groups.emplace_back(kSource, StrCat(kPrefix, ".ingest"));
  watch.groups.emplace_back(topics.events, StrCat(kPrefix, ".score"));
  watch.partitions = options_.partitions;
  watch.began = journal_->began();
  watch_ = std::make_unique<Watch>(std::move(watch));
  scene_ = std::make_unique<Scene>(*fleet_, *brokers_, *watch_, options_.seed, options_.brief);
  scene_->proxies = std::move(proxies_);
  scene_->topics = {topics.events, topics.changelog, topics.alerts};
  if (Any(Needs::kSmallDisk)) scene_->small_disk = fleet_->members().front().get();
  for (const auto& member : fleet_->members()) fleet_->Start(*member);
  const auto committed = [](const auto& member) { return !member->measuring; };
  const auto patience = Clock::now() + std::chrono::seconds(30);
  do {
    TurnFor(Scene::Span(500));
  } while (Clock::now() < patience &&
           !std::all_of(fleet_->members().begin(), fleet_->members().end(), committed));
  last_fault_ = Clock::now();
}

bool Campaign::Try(const Fault& fault) {
  journal_->Write(fault.name);
  if (!fault.begin(*scene_)) return journal_->Write("not now"), false;
  ++report_.done[fault.name];
  last_fault_ = Clock::now();
  return true;
}

void Campaign::TurnFor(Scene::Span span) {
  const auto end = Clock::now() + span;
  do {
    scene_->Turn();
    std::this_thread::sleep_for(Scene::Span(5));
  } while (Clock::now() < end);
}

void Campaign::DoAtRandom() {
  const auto began = Clock::now();
  uint64_t weights = 0;
  for (const Fault& fault : faults_) weights += static_cast<uint64_t>(fault.weight);
  double told = 0;
  for (int done = 0; options_.cycles == 0 || done < options_.cycles;) {
    const double minutes = Since(began) / 60;
    if (options_.minutes > 0 && minutes >= options_.minutes) break;
    if (minutes > told + 0.5) {
      told = minutes;
      Say(StrCat(done, " faults; ", watch_->Where()));
    }
    uint64_t ticket = scene_->random.Below(weights);
    const auto fault = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& f) {
      const auto weight = static_cast<uint64_t>(f.weight);
      if (ticket < weight) return true;
      ticket -= weight;
      return false;
    });
    done += Try(*fault);
    TurnFor(Scene::Span(100 + static_cast<int>(scene_->random.Below(1400))));
  }
  report_.seconds = Since(began);
}

void Campaign::DoEachOnce() {
  const auto began = Clock::now();
  const auto hit = [this](const Fault& fault) {
    constexpr std::string_view kCrash = "crash/";
    return !fault.name.starts_with(kCrash) ||
           fleet_->facts().hits.contains(fault.name.substr(kCrash.size()));
  };
  std::vector<const Fault*> waiting;
  for (const Fault& fault : faults_) waiting.push_back(&fault);
  for (int round = 0; round < 4 && !waiting.empty(); ++round) {
    for (const Fault* fault : waiting) {
      const auto patience = Clock::now() + std::chrono::seconds(30);
      while (!Try(*fault) && Clock::now() < patience) TurnFor(Scene::Span(20));
      TurnFor(Scene::Span(200));
    }
    const auto patience = Clock::now() + std::chrono::seconds(12);
    const auto missing = [&](const Fault* fault) {
      return !report_.done.contains(fault->name) || !hit(*fault);
    };
    while (std::any_of(waiting.begin(), waiting.end(), missing) && Clock::now() < patience) {
      TurnFor(Scene::Span(50));
    }
    std::erase_if(waiting, [&](const Fault* fault) { return !missing(fault); });
  }
  for (const Fault* fault : waiting) {
    report_.broken.push_back(StrCat(fault->name, " could not be made to happen"));
  }
  report_.seconds = Since(began);
}

// The last faults come to their ends, then everything is read to the end.
Status Campaign::Settle() {
  const auto patience = Clock::now() + std::chrono::minutes(3);
  while (!scene_->Calm()) {
    if (Clock::now() > patience) return Status::Unavailable("a fault does not come to its end");
    last_fault_ = Clock::now();
    TurnFor(Scene::Span(20));
  }
  report_.sent = feeder_->sent();
  report_.aborted = feeder_->aborted();
  BONGSU_RETURN_IF_ERROR(feeder_->Stop());
  Say("the last fault is over; " + watch_->Where());
  bool all = false;
  while (!all && Since(last_fault_) < 3 * static_cast<double>(kLagPatience.count())) {
    TurnFor(Scene::Span(100));
    all = watch_->AllRead();
  }
  if (all) report_.to_lag_zero = Since(last_fault_);
  Say(all ? "everything is read" : "not everything is read: " + watch_->Where());
  report_.stillness = watch_->Finish();
  for (const auto& member : fleet_->members()) fleet_->End(*member);
  const auto running = [](const auto& m) { return m->state != Member::State::kDown; };
  while (std::any_of(fleet_->members().begin(), fleet_->members().end(), running)) {
    fleet_->Look();
    std::this_thread::sleep_for(Scene::Span(20));
  }
  return Status::Ok();
}

Status Campaign::Judge() {
  report_.facts = fleet_->facts();
  for (const std::string& error : scene_->errors) report_.broken.push_back("a broker: " + error);
  VerifyOptions verify;
  verify.program = options_.program;
  verify.config = fleet_->members().front()->config;
  verify.folder = folder_;
  if (!scores_only_) verify.source = kSource;
  for (const auto& member : fleet_->members()) {
    verify.state_dirs.push_back(member->data_dir + "/state");
  }
  BONGSU_ASSIGN_OR_RETURN(report_.verdict, Verify(brokers_->broker(), verify));
  NameBrokenPromises();
  return Status::Ok();
}

void Campaign::NameBrokenPromises() {
  const auto broken = [this](std::string text) { report_.broken.push_back(std::move(text)); };
  for (const auto& [topic, tally] : report_.verdict.topics) {
    if (!tally.ok()) broken(StrCat(topic, " is not what it should be; ", tally.example));
  }
  for (const std::string& store : report_.verdict.stores_wrong) broken("a store: " + store);
  for (const std::string& log : report_.verdict.changelogs_wrong) broken("a changelog: " + log);
  if (!report_.verdict.replay_equal) broken("a replay of the events gives other alerts");
  const Topics topics(kPrefix);
  if (report_.verdict.topics[topics.alerts].expected == 0) broken("no alert was made at all");
  if (report_.to_lag_zero < 0 || report_.to_lag_zero > static_cast<double>(kLagPatience.count())) {
    broken("lag was not zero a minute after the last fault");
  }
  if (report_.stillness.stalls > 0) {
    broken(StrCat(report_.stillness.stalls,
                  " times a partition stood still, the last: ", report_.stillness.which.back()));
  }
  for (const std::string& died : report_.facts.broke) broken("a process: " + died);
}

}  // namespace

Result<Report> RunCampaign(const CampaignOptions& options, std::ostream& progress) {
  return Campaign(options, progress).Run();
}

}  // namespace bongsu::faults
