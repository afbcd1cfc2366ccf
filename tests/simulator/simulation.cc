#include "tests/simulator/simulation.h"

#include <algorithm>

#include "tests/simulator/oracle.h"
#include "tests/simulator/topics.h"

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kWatch = milliseconds(250);
constexpr Duration kFinishWithin = seconds(60);
constexpr Duration kOwnerWithin = 2 * kSession;
// Where the coordinator itself forgets a partition, the watch acts after two sessions: two
// rebalances more.
constexpr Duration kOrphanOwnerWithin = 2 * kSession + seconds(12);
constexpr int64_t kLivingFenced = 1;  // Who looks and who comes back may just miss each other.
constexpr Duration kSettledMember = seconds(5);

}  // namespace

Simulation::Simulation(const Options& options, Coverage& coverage)
    : options_(options),
      world_(options.seed, options.tracing),
      coverage_(coverage),
      scenario_(Scenario::Draw(options.like, options.torn, world_)),
      broker_(world_),
      feeder_(world_, broker_, scenario_),
      troubles_left_(scenario_.faults / scenario_.between) {
  broker_.MakeTopic(kEvents, scenario_.partitions);
  broker_.MakeTopic(kChangelog, scenario_.partitions);
  broker_.MakeTopic(kUserRisk, scenario_.partitions);
  broker_.MakeTopic(kAlerts, scenario_.alert_partitions);
  for (const std::string& topic : {kDeadLetters, kIngestState, kDecisions}) {
    broker_.MakeTopic(topic, 1);
  }
  broker_.MakeTopic(kSource, 2);
  for (int i = 0; i < scenario_.processes; ++i) {
    const std::string name = StrCat("p", i);
    slots_.push_back({name,
                      &NewMachine(name),
                      nullptr,
                      world_.now() + world_.Between(Duration(0), seconds(3)),
                      {},
                      {}});
  }
  feeder_.Start();
  ScheduleTrouble();
  Watch();
}

Simulation::~Simulation() {
  for (const auto& process : processes_) process->Kill();
  world_.Drain();
}

Machine& Simulation::NewMachine(const std::string& name) {
  machines_.push_back(std::make_unique<Machine>());
  machines_.back()->name = StrCat(name, "/", machines_.size());
  return *machines_.back();
}

SeedReport Simulation::Run() {
  const auto limit = [&] { return world_.now() + std::chrono::hours(24 * 100); };
  world_.Run([&] { return feeder_.done() && troubles_left_ == 0; }, limit());
  Heal();
  world_.Run([&] { return AllDone(); }, limit());
  report_.to_finish = world_.now() - trouble_at_;
  if (world_.failure().empty() && options_.torn && Tear()) {
    RunTorn();
  } else if (world_.failure().empty() && !scenario_.ingest) {
    // In order, so that every store is written.
    ending_ = true;
    for (const auto& process : processes_) process->Stop();
    world_.Run(
        [&] {
          return std::all_of(processes_.begin(), processes_.end(),
                             [](const auto& process) { return process->ended(); });
        },
        limit());
  }
  for (const auto& process : processes_) process->Kill();
  world_.Drain();
  std::vector<Machine*> machines;
  for (const auto& machine : machines_) machines.push_back(machine.get());
  if (world_.failure().empty() && !torn_) {
    if (std::string wrong = Judge(broker_, scenario_, machines); !wrong.empty()) {
      world_.Fail(std::move(wrong));
    }
  }
  report_.failure = world_.failure();
  report_.trace = world_.trace();
  report_.trace_digest = world_.trace_digest();
  report_.lines = scenario_.events;
  report_.processes = static_cast<int64_t>(processes_.size());
  for (const auto& process : processes_) report_.commits += process->commits();
  return report_;
}

void Simulation::RunTorn() {
  const auto before = broker_.group("bank.score").Position(*torn_);
  const Timestamp end = world_.now() + kFinishWithin;
  world_.Run([&] { return refused_; }, end);
  if (!refused_) world_.Fail("a torn transaction is restored and nobody says so");
  if (broker_.group("bank.score").Position(*torn_) != before) {
    world_.Fail("a partition goes on after a torn transaction");
  }
}

void Simulation::StartIn(Slot& slot) {
  slot.start_at.reset();
  SimLog::Hooks hooks;
  const size_t self = processes_.size();
  hooks.on_init = [this, self](const std::string& id) {
    for (const auto& other : processes_) {
      if (other->name() == processes_[self]->name() || !other->Holds(id) || !other->healthy() ||
          other->ended()) {
        continue;
      }
      const std::string member = id.substr(id.find(".p") + 1);
      const Group::Member* const known = broker_.group("bank.score").FindInstance(member);
      if (known == nullptr || known->host != &other->host()) continue;
      if (known->closed || world_.now() - known->since < kSettledMember) continue;
      world_.Trace("fences ", id, ", which lives");
      if (++report_.living_fenced > kLivingFenced) world_.Fail("living owners are fenced");
    }
  };
  hooks.on_reading = [this, self](const TopicPartition& from, bool reads) {
    const Process* const process = processes_[self].get();
    std::multiset<const Process*>& readers = readers_[from];
    if (reads) {
      readers.insert(process);
    } else if (const auto found = readers.find(process); found != readers.end()) {
      readers.erase(found);
    }
  };
  processes_.push_back(
      std::make_unique<Process>(Process::Environment{world_, broker_, coverage_, scenario_,
                                                     options_.mutant, std::move(hooks)},
                                slot.name, *slot.machine));
  slot.process = processes_.back().get();
  slot.process->host().skew = world_.Between(-seconds(60), seconds(60));
  for (const Armed& armed : std::exchange(slot.arms, {})) slot.process->awaits().Arm(armed);
  slot.process->Start();
}

// Four times a second.
void Simulation::Watch() {
  if (ending_) return;
  TendSlots();
  CheckOwners();
  if (calm_ && world_.now() - trouble_at_ > kFinishWithin) {
    world_.Fail(
        StrCat("not done ", FormatDuration(kFinishWithin), " after the last trouble: ", Waiting()));
  }
  world_.After(kWatch, [this] { Watch(); });
}

void Simulation::TendSlots() {
  std::string health(1, broker_.up() ? '+' : '-');
  for (Slot& slot : slots_) {
    if (slot.process != nullptr && slot.process->ended()) OnEnded(slot);
    if (slot.process == nullptr && slot.start_at && world_.now() >= *slot.start_at) StartIn(slot);
  }
  for (const auto& process : processes_) {
    health.push_back(process->healthy() && !process->ended() ? '+' : '-');
    if (!process->ended() || process->failure().ok() || Expected(*process)) continue;
    if (torn_ && process->failure().message().find("is not whole") != std::string::npos) {
      refused_ = true;
      continue;
    }
    world_.Fail(StrCat("process ", process->name(), " ends: ", process->failure().message()));
  }
  for (const auto& machine : machines_) health.push_back(machine->full ? '-' : '+');
  if (health != health_) trouble_at_ = world_.now();
  health_ = std::move(health);
}

// The one end by itself that is right: another process of the same name took over.
bool Simulation::Expected(const Process& process) {
  return process.failure().code() == Code::kFenced;
}

void Simulation::OnEnded(Slot& slot) {
  const bool died = slot.process->failure().ok();
  slot.process = nullptr;
  trouble_at_ = world_.now();
  if (died && !calm_) Damage(slot);
  const bool away = !calm_ && died && world_.Chance(0.3);
  slot.start_at = world_.now() + (away ? world_.Between(seconds(4), seconds(12))
                                       : world_.Between(milliseconds(50), seconds(2)));
}

void Simulation::CheckOwners() {
  const bool anybody = broker_.up() && std::any_of(slots_.begin(), slots_.end(), [](const Slot& s) {
                         return s.process != nullptr && s.process->healthy() && !s.machine->full;
                       });
  if (!anybody) trouble_at_ = world_.now();
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    const TopicPartition of{kEvents, p};
    const auto& readers = readers_[of];
    const bool owned = std::any_of(readers.begin(), readers.end(),
                                   [](const Process* process) { return process->healthy(); });
    Timestamp& since = unowned_since_.try_emplace(of, world_.now()).first->second;
    if (owned) since = world_.now();
    const Timestamp orphaned_at = broker_.group("bank.score").orphaned_at();
    const Duration unowned = world_.now() - std::max({since, trouble_at_, orphaned_at});
    report_.longest_unowned = std::max(report_.longest_unowned, unowned);
    const bool orphans = scenario_.kinds.contains(Trouble::kOrphan);
    if (unowned > (orphans ? kOrphanOwnerWithin : kOwnerWithin)) {
      world_.Fail(
          StrCat("partition ", p, " has no owner for ", ToSeconds(unowned), " s: ", Waiting()));
    }
  }
}

bool Simulation::AllDone() {
  for (const Slot& slot : slots_) {
    if (slot.process == nullptr || !slot.process->healthy()) return false;
  }
  return Waiting().empty();
}

// What is not worked off yet; empty: nothing.
std::string Simulation::Waiting() {
  const auto lag = [&](const std::string& group, const TopicPartition& of) {
    const PartitionLog& log = broker_.log(of);
    const auto position = broker_.group(group).Position(of);
    if (position == EndOf(log)) return std::string();
    return StrCat(group, " stands at ", position.value_or(-1), " in ", of.topic, '-', of.partition,
                  ", which ends at ", EndOf(log).value_or(-1));
  };
  for (const auto& [of, log] : broker_.logs()) {
    if (log.FirstOpen() != nullptr) return StrCat(of.topic, '-', of.partition, " is held open");
    std::string text;
    if (of.topic == kEvents) text = lag("bank.score", of);
    if (of.topic == kSource) text = lag("bank.ingest", of);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace bongsu::sim
