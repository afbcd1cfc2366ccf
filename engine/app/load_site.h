// Where a load test takes place: at an engine of its own, on topics and in a directory that are
// made for it and deleted afterwards, or at the engine that runs with the configuration.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/http/client.h"

namespace bongsu {

struct LoadSite {
  KafkaOptions kafka;
  std::string topic;   // Where events are sent.
  std::string source;  // Name of its source; empty: `topic` is the input of scoring itself.
  std::string input;   // Of scoring.
  std::string ingest_group, score_group, alerts;
  std::vector<HttpAddress> metrics;  // One an engine; empty: they do not say.
  std::string data_dir;              // On this machine; empty: on another.
};

// The site of the engines that run with `config`: the first source that reads canonical events from
// a topic, else the input of scoring. `metrics` empty: http.ops.listen. kInvalid when there is
// nothing to load.
Result<LoadSite> RunningSite(const EngineConfig& config, const std::vector<std::string>& metrics);

// How many records are in the topics that the site sends to.
Result<int64_t> RecordsThere(const LoadSite& site);

class OwnEngine final {
 public:
  // What the child process does: run the engine to its end, and its exit code.
  using Main = std::function<int(const EngineConfig&, int threads)>;

  // The configuration at `path`, with another prefix, group, source, data_dir and listener. Forks:
  // the child waits for Start. Call before any thread exists. Problems of the configuration are
  // printed by nobody: they are in the status.
  static Result<std::unique_ptr<OwnEngine>> Prepare(const std::string& path, int threads,
                                                    const Main& main);
  ~OwnEngine();  // Ends and deletes like Remove, and says nothing.
  OwnEngine(const OwnEngine&) = delete;
  OwnEngine& operator=(const OwnEngine&) = delete;

  const EngineConfig& config() const { return config_; }
  const LoadSite& site() const { return site_; }  // `metrics` from Start on.
  std::string scratch() const { return scratch_; }
  // Makes the topics, lets the engine go and waits until it takes events.
  Status Start();
  // kUnavailable with the end of its log when it has ended.
  Status Running();
  // Ends it, deletes its topics and its directory.
  Status Remove();

 private:
  OwnEngine(EngineConfig config, std::string scratch);
  std::string LogTail() const;
  bool Wait(Duration patience);
  void End();

  const EngineConfig config_;
  const std::string scratch_;
  LoadSite site_;
  std::vector<std::string> topics_;  // That were made.
  pid_t child_ = -1;
  int go_ = -1;  // Closed or written: the child ends or goes.
};

}  // namespace bongsu
