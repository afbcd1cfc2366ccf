// The composition root: makes the log, the stores and the workers of the roles from one
// configuration. Used by run, replay and demo; everything real is put together here, everything
// else knows only interfaces.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/app/score_version.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/metrics.h"
#include "engine/core/topics.h"
#include "engine/pipeline/group_watch.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/score_factory.h"
#include "engine/pipeline/worker.h"

namespace bongsu {

// A worker with its role's shards. Runs on one thread.
struct RoleWorker {
  std::string name;  // "score-0", "ingest-cloudtrail"
  std::unique_ptr<ShardFactory> shards;
  std::unique_ptr<Worker> worker;
};

class Wiring {
 public:
  using Report = std::function<void(std::string_view component, std::string_view reason)>;
  struct Options {
    const EngineConfig& config;
    const Clock& clock;
    Metrics& metrics;
    Report report;        // Health of a component; an empty reason is fine.
    bool replay = false;  // No waiting between commits, no ticks by the clock, no receipts.
    bool ignore_versions = false;  // All is scored with `config`.
  };
  // Opens the embedded database or the connection to Kafka. `config`, `clock` and `metrics` outlive
  // it.
  static Result<std::unique_ptr<Wiring>> Make(Options options);
  ~Wiring();

  Log& log();
  const Topics& topics() const;
  bool embedded() const;
  // Empty when the broker answers; always empty without one.
  std::string LogHealth();
  // kInvalid with the remedies when topics are missing or not as they must be. What only the
  // changelog tells is looked at by those who may read it: they score.
  Status CheckTopics(bool score);

  // `first_version` is in force until a version event comes; empty: that of `config`.
  Result<RoleWorker> NewScoreWorker(int index, std::string first_version = {});
  // Looks after the scoring group beside the workers; null without a broker.
  Result<std::unique_ptr<GroupWatch>> NewGroupWatch();
  // Begins to open the stores that an earlier run has left, before anybody asks for them.
  void WarmStores();
  // Closes stores that nobody needs any more. Call it now and then.
  void Tend();
  // One for all topic sources, one for each source of files.
  Result<std::vector<RoleWorker>> NewIngestWorkers();
  // `config` is to be the version in force from now on. False: no ingest workers are here.
  Result<bool> Announce(const EngineConfig& config);

 private:
  struct Impl;
  explicit Wiring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The mapping or canonical decoder of a source.
Result<std::unique_ptr<SourceDecoder>> MakeSourceDecoder(const EngineConfig& config,
                                                         const SourceOptions& source);

}  // namespace bongsu
