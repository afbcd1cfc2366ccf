#include "engine/app/commands/run.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/service.h"
#include "engine/base/strings.h"
#include "engine/telemetry/logging.h"

namespace bongsu {
namespace {

constexpr Duration kStopDeadline = std::chrono::seconds(25);

// Takes over what may change while running, all or nothing: the level of the log here and now, what
// can change a result by a version event. A bad file changes nothing.
void Reload(Service& service, const RunOptions& options, PrometheusMetrics& metrics) {
  Problems problems;
  const Result<EngineConfig> config =
      LoadEngineConfig(FindConfig(options.config), ProcessEnvironment(), &problems);
  Result<bool> announced = config.status();
  if (config.ok()) announced = service.Announce(*config);
  metrics.GetGauge("config_last_reload_successful").Set(announced.ok() ? 1 : 0);
  if (!announced.ok()) {
    spdlog::error("reload refused, the running configuration stays in force: {}",
                  problems.empty() ? announced.status().message() : problems.Format());
    return;
  }
  spdlog::set_level(spdlog::level::from_str(config->log.level));
  spdlog::info(
      "reloaded; configuration {} {}", config->config_digest.substr(0, 16),
      *announced ? "is announced" : "takes effect when a process that ingests announces it");
}

// Waits until a signal asks to end (true), a worker has failed, or everything is done. SIGHUP
// reloads.
bool WaitForEnd(Service& service, const RunOptions& options, PrometheusMetrics& metrics,
                const sigset_t& signals) {
  const timespec turn{0, 100'000'000};
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &turn);
    if (signal == SIGHUP && options.reload) Reload(service, options, metrics);
    if (signal == SIGTERM || signal == SIGINT) return true;
    if (const Status status = service.Tend(); !status.ok()) {
      spdlog::error("{}", status.message());
      return false;
    }
    if (options.exit_at_end && service.Finished()) return true;
  }
}

// At once, the log written: a client of Kafka that did not close in time still runs, and would use
// what an ordinary end takes away.
[[noreturn]] void End(int code) {
  spdlog::default_logger()->flush();
  std::_Exit(code);
}

int Run(const RunOptions& options) {
  const std::optional<EngineConfig> config = LoadOrReport(options.config);
  return config ? RunEngine(*config, options) : 1;
}

}  // namespace

int RunEngine(const EngineConfig& config, const RunOptions& options) {
  const Result<Roles> roles = ParseRoles(options.roles);
  if (!roles.ok()) return Fail(roles.status()), 2;
  LogOptions log;
  log.level = config.log.level;
  log.format = config.log.format;
  PrometheusMetrics metrics(BONGSU_VERSION);
  if (const Status status = SetUpLogging(log, &metrics.GetCounter("log_errors_total"));
      !status.ok()) {
    return Fail(status);
  }

  // Before any thread starts, so that all inherit it and the signals come to WaitForEnd alone.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const SystemClock clock;
  Result<std::unique_ptr<Service>> service =
      Service::Start({config, *roles, options.threads, options.pin, clock, metrics});
  if (!service.ok()) {
    spdlog::error("{}", service.status().message());
    return 1;
  }
  metrics.GetGauge("config_last_reload_successful").Set(1);  // Nothing has been refused.
  spdlog::info("running {}; {}; configuration {}", options.roles,
               config.kafka.brokers.empty() ? "embedded log in " + config.data_dir
                                            : "Kafka at " + config.kafka.brokers,
               config.config_digest.substr(0, 16));
  const bool asked = WaitForEnd(**service, options, metrics, signals);
  spdlog::info("stopping: committing what is in hand");
  if (!(*service)->Stop(kStopDeadline)) {
    spdlog::error(
        "stopping took longer than {}; what is not committed is done again after a restart",
        FormatDuration(kStopDeadline));
    End(1);
  }
  (*service).reset();  // Its clients still have something to say.
  spdlog::info("stopped");
  End(asked ? 0 : 1);
}

void RegisterRun(CLI::App& app, std::function<int()>* action) {
  CLI::App* command =
      app.add_subcommand("run", "Run the engine until it is asked to stop (SIGTERM, SIGINT)");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("-c,--config", options->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command
      ->add_option("--roles", options->roles, "Which roles this process has: ingest, score or both")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads that score; with a broker only")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--pin", options->pin, "Keep each thread that scores on a core of its own");
  command->add_flag("--exit-at-end", options->exit_at_end,
                    "End when every source is read and scored");
  command->footer("Example:\n  bongsu run -c bongsu.yaml --roles ingest,score");
  command->final_callback([action, options] { *action = [options] { return Run(*options); }; });
}

}  // namespace bongsu
