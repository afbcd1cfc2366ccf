// The versions of the configuration that a process scores with: its own file's, and any other that
// is in force, from bongsu.artifacts. Each is read and checked once, and its tables are shared by
// all shards; one that no shard uses any more is forgotten. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/app/artifacts.h"
#include "engine/app/engine_config.h"
#include "engine/core/clock.h"

namespace bongsu {

class VersionBook final {
 public:
  // `own` and `clock` outlive it. `notify` is told once of each version that is in force instead of
  // it.
  VersionBook(const EngineConfig& own, FetchArtifacts fetch, const Clock& clock,
              std::function<void(std::string_view message)> notify);

  // An empty digest: the own one. Waits a moment for artifacts that are missing, since a
  // transaction shows in one partition before it does in another; then kUnavailable, with the
  // remedy.
  Result<std::shared_ptr<const EngineConfig>> Get(const std::string& digest);

 private:
  const EngineConfig& own_;
  const FetchArtifacts fetch_;
  const Clock& clock_;
  const std::function<void(std::string_view message)> notify_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const EngineConfig>> others_;
  std::set<std::string> told_;
};

}  // namespace bongsu
