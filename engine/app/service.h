// The running program: the workers of the chosen roles on their threads, the ops listener, an
// orderly end. Used by `run`; the whole of it can be started inside a test.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/app/wiring.h"
#include "engine/telemetry/health.h"
#include "engine/telemetry/metrics.h"

namespace bongsu {

class ArchiveSink;
class FileSink;
class HttpServer;

struct Roles {
  bool ingest = true, score = true;
};
// "ingest,score"; kInvalid with the known roles.
Result<Roles> ParseRoles(std::string_view text);

class Service {
 public:
  struct Options {
    const EngineConfig& config;
    Roles roles;
    int score_threads = 1;
    bool pin = false;  // Each of them to a core.
    const Clock& clock;
    PrometheusMetrics& metrics;
  };
  // Opens logs and listener, checks the topics, starts the threads. While no broker answers it is
  // not ready and Tend starts them later. What the options refer to outlives it.
  static Result<std::unique_ptr<Service>> Start(const Options& options);
  ~Service();

  // Starts what still waits for the broker. The reason when that or a worker has failed for good,
  // else Ok. Ask now and then, from one thread.
  Status Tend();
  // All sources are at their end, all that was read is scored and committed. Ask now and then, from
  // one thread.
  bool Finished();
  // `config` is to be the version in force from now on. False: this process does not ingest.
  Result<bool> Announce(const EngineConfig& config);
  // Takes nothing new, commits what is in hand, ends the threads. False when that took longer than
  // `deadline`: then the process should end at once; what was not committed is done again after a
  // restart.
  bool Stop(Duration deadline);
  uint16_t ops_port() const;  // 0 when the listener is off.

 private:
  explicit Service(const Options& options);
  Status OpenWiring();
  Status StartOpsListener();
  Status MakeWorkers();
  Status StartWorkers();
  Status OpenSink();
  void FollowAlerts(const std::stop_token& stop);
  void WatchGroup(const std::stop_token& stop);
  Status CheckBeats();
  void RunThread(size_t number, const std::stop_token& stop);

  const Options options_;
  Health health_;
  std::unique_ptr<Wiring> wiring_;
  std::vector<RoleWorker> workers_;
  std::unique_ptr<FileSink> sink_;        // Alerts to a file.
  std::unique_ptr<ArchiveSink> archive_;  // Artifacts and receipts to a directory.
  std::unique_ptr<HttpServer> http_;
  bool waiting_ = true;  // For the broker, before any worker runs.
  Timestamp last_try_{};
  std::mutex mutex_;
  Status failed_;
  std::atomic<int> running_{0};
  size_t ingest_workers_ = 0;  // The first of workers_.
  std::vector<int64_t>
      turns_at_end_;  // Of the score workers, when ingest was first seen at its end.
  std::vector<std::jthread> threads_;
  std::jthread sink_thread_;
  struct Pulse {
    int64_t beats = -1;
    int missed = 0;  // Looks in a row.
  };
  std::vector<Pulse> pulses_;  // By worker.
  std::unique_ptr<GroupWatch> watch_;
  std::jthread watch_thread_;
};

}  // namespace bongsu
