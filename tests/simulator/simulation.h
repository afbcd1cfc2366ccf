// One seed, from an empty broker to the judgement: processes come, work, suffer and come back while
// input arrives; then all trouble ends, everything must be worked off in time, and the oracle
// (oracle.h) looks at everything that is left.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulator/feeder.h"
#include "tests/simulator/process.h"

namespace bongsu::sim {

struct SeedReport {
  std::string failure;  // Empty: all is as it must be.
  std::deque<std::string> trace;
  uint64_t trace_digest = 0;
  int64_t lines = 0, commits = 0, processes = 0, living_fenced = 0;
  Duration longest_unowned{}, to_finish{};
};

class Simulation final {
 public:
  struct Options {
    uint64_t seed = 1;
    Mutant mutant = Mutant::kNone;  // The mistake that is in.
    Mutant like = Mutant::kNone;    // The mistake that the scenario is drawn for.
    bool torn = false;  // At the end the broker has torn a transaction: who restores must refuse.
    bool tracing = false;
  };
  Simulation(const Options& options, Coverage& coverage);
  ~Simulation();
  SeedReport Run();

 private:
  // A place where a process of one name is to run.
  struct Slot {
    std::string name;
    Machine* machine = nullptr;
    Process* process = nullptr;
    std::optional<Timestamp> start_at;
    std::vector<Armed> arms;        // For who starts next.
    std::optional<bool> lost_disk;  // It finds its stores unreadable (true) or gone.
  };
  // Life and death.
  Machine& NewMachine(const std::string& name);
  void StartIn(Slot& slot);
  void Watch();
  void TendSlots();
  void OnEnded(Slot& slot);
  void Damage(Slot& slot);
  static bool Expected(const Process& process);
  void CheckOwners();
  bool AllDone();
  // Breaks the last transaction of a changelog and wipes all disks; true when it could.
  bool Tear();
  void RunTorn();
  std::string Waiting();

  // Trouble.
  void ScheduleTrouble();
  void Disturb(Trouble trouble);
  Armed Draw(Trouble trouble);
  void ArmSomewhere(Slot& slot, Trouble trouble);
  void ArmNext(Slot& slot, Armed armed);
  void Twin(Slot& slot);
  void Quiet();
  void Compact();
  Slot* AnySlot();
  void Retain();
  void Heal();

  const Options options_;
  World world_;
  Coverage& coverage_;
  const Scenario scenario_;
  Broker broker_;
  Feeder feeder_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Slot> slots_;
  int64_t troubles_left_ = 0;
  bool calm_ = false;    // No more trouble.
  bool ending_ = false;  // Everything is done: nobody starts again.
  Timestamp trouble_at_;
  std::string health_;
  std::map<TopicPartition, std::multiset<const Process*>> readers_;
  std::map<TopicPartition, Timestamp> unowned_since_;
  std::map<TopicPartition, int64_t> read_;  // Of the input, before the last quiet time.
  std::optional<TopicPartition> torn_;      // The input of the changelog that is torn.
  bool refused_ = false;                    // Somebody has noticed.
  SeedReport report_;
};

}  // namespace bongsu::sim
