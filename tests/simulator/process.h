// One simulated process: the real workers, shards, store keeper and watch of Bongsu, wired as
// engine/app wires them, over the client of the broker model and the disks of a machine. Its
// threads are fibers. A process is used once; what comes after it is another one.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/metrics.h"
#include "engine/pipeline/store_keeper.h"
#include "engine/pipeline/worker.h"
#include "state/behind/write_behind.h"
#include "tests/simulator/client.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/scenario.h"

namespace bongsu::sim {

class SimClock final : public Clock {
 public:
  SimClock(World& world, const Host& host) : world_(world), host_(host) {}
  Timestamp Now() const override { return world_.now() + host_.skew; }
  Timestamp Steady() const override { return world_.now(); }
  void SleepFor(Duration d) const override { world_.Sleep(d); }

 private:
  World& world_;
  const Host& host_;
};

class Process final {
 public:
  struct Environment {
    World& world;
    Broker& broker;
    Coverage& coverage;
    const Scenario& scenario;
    Mutant mutant;
    SimLog::Hooks hooks;
  };
  // `machine` outlives it. `name` is the instance: the same for who comes after it.
  Process(Environment environment, std::string name, Machine& machine);
  ~Process();  // It has ended.

  void Start();
  void Stop();  // In order: commits what is in hand.
  void Kill() { awaits_.Die(); }
  bool ended() const { return begun_ && running_ == 0; }
  // Why it ended by itself; Ok when it was told to or died.
  const Status& failure() const { return failure_; }

  const std::string& name() const { return name_; }
  Machine& machine() { return machine_; }
  Host& host() { return host_; }
  Awaits& awaits() { return awaits_; }
  SimLog& log() { return log_; }
  bool healthy() const { return !host_.dead && host_.frozen_until <= environment_.world.now(); }
  // A worker of it has this transactional.id.
  bool Holds(std::string_view transactional_id) const;
  bool Idle() const;
  int64_t commits() const;

 private:
  class NoMetrics;
  class FiberExecutor;
  void Spawn(std::function<Status()> thread);
  Status RunScore(int index);
  Status RunIngest();
  Status RunWatch();
  Status RunWorker(const std::string& role, ShardFactory& shards,
                   const std::vector<std::string>& topics);
  Result<std::unique_ptr<StateStore>> OpenStore(const TopicPartition& from);
  std::string Member(std::string_view role) const { return StrCat(name_, ".", role); }

  const Environment environment_;
  const std::string name_;
  Machine& machine_;
  Host host_;
  Awaits awaits_;
  SimLog log_;
  SimClock clock_;
  std::unique_ptr<NoMetrics> metrics_;
  std::unique_ptr<StoreKeeper> stores_;
  WriteBehind behind_;
  std::stop_source stop_;
  std::vector<const Worker*> workers_;
  bool begun_ = false;
  int running_ = 0;
  int64_t past_commits_ = 0;
  Status failure_;
};

}  // namespace bongsu::sim
