#include "engine/app/service.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/app/ops_listener.h"
#include "engine/base/affinity.h"
#include "engine/base/strings.h"
#include "engine/io/file/archive_sink.h"
#include "engine/io/file/file_sink.h"

namespace bongsu {

namespace {

constexpr int kMissedBeats = 1800;  // At ten looks a second three minutes, far beyond any deadline.

}  // namespace

Result<Roles> ParseRoles(std::string_view text) {
  Roles roles{false, false};
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view role = text.substr(0, comma);
    if (role == "ingest") {
      roles.ingest = true;
    } else if (role == "score") {
      roles.score = true;
    } else {
      return Status::Invalid(
          StrCat("--roles: expected ingest, score or both with a comma, got \"", role, "\""));
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (!roles.ingest && !roles.score)
    return Status::Invalid("--roles: expected at least one of ingest, score");
  return roles;
}

Service::Service(const Options& options) : options_(options) {}

Result<std::unique_ptr<Service>> Service::Start(const Options& options) {
  std::unique_ptr<Service> service(new Service(options));
  BONGSU_RETURN_IF_ERROR(service->OpenWiring());
  // Before the listener: a probe that comes earlier than the workers must not hear that all is
  // well.
  service->health_.Set("start", "checking topics and starting workers");
  BONGSU_RETURN_IF_ERROR(service->StartOpsListener());
  BONGSU_RETURN_IF_ERROR(service->StartWorkers());
  return service;
}

Service::~Service() {
  Stop(std::chrono::seconds(30));
}

Status Service::OpenWiring() {
  Wiring::Options wiring{options_.config, options_.clock, options_.metrics,
                         [this](std::string_view component, std::string_view reason) {
                           health_.Set(component, reason);
                           if (!reason.empty()) spdlog::warn("{}: {}", component, reason);
                         },
                         false};
  BONGSU_ASSIGN_OR_RETURN(wiring_, Wiring::Make(wiring));
  return Status::Ok();
}

Status Service::StartOpsListener() {
  if (options_.config.http.ops.listen.value.empty()) return Status::Ok();
  BONGSU_ASSIGN_OR_RETURN(http_,
                          StartOps(options_.config.http.ops.listen.value, options_.metrics, health_,
                                   [this] { health_.Set("log", wiring_->LogHealth()); }));
  spdlog::info("metrics and health on port {}", OpsPort(http_.get()));
  return Status::Ok();
}

Status Service::MakeWorkers() {
  workers_.clear();
  if (options_.roles.score) wiring_->WarmStores();
  BONGSU_RETURN_IF_ERROR(wiring_->CheckTopics(options_.roles.score));
  if (options_.roles.ingest) {
    BONGSU_ASSIGN_OR_RETURN(workers_, wiring_->NewIngestWorkers());
  }
  ingest_workers_ = workers_.size();
  if (options_.roles.score) {
    BONGSU_ASSIGN_OR_RETURN(watch_, wiring_->NewGroupWatch());
    const int threads = wiring_->embedded() ? 1 : options_.score_threads;
    for (int i = 0; i < threads; ++i) {
      BONGSU_ASSIGN_OR_RETURN(RoleWorker worker, wiring_->NewScoreWorker(i));
      workers_.push_back(std::move(worker));
    }
  }
  return OpenSink();
}

Status Service::OpenSink() {
  const Topics& topics = wiring_->topics();
  const std::string& path = options_.config.sinks.alerts_file;
  if (!path.empty()) {
    BONGSU_ASSIGN_OR_RETURN(sink_, FileSink::Open(wiring_->log(), topics.alerts, path));
  }
  const std::string& archive = options_.config.sinks.archive;
  if (!archive.empty()) {
    BONGSU_ASSIGN_OR_RETURN(
        archive_, ArchiveSink::Open(wiring_->log(), {topics.artifacts, topics.receipts}, archive));
  }
  return Status::Ok();
}

Status Service::StartWorkers() {
  last_try_ = options_.clock.Steady();
  const Status made = MakeWorkers();
  if (made.code() == Code::kUnavailable && !wiring_->embedded()) {
    health_.Set("start", made.message());
    spdlog::warn("{}; trying again", made.message());
    return Status::Ok();
  }
  BONGSU_RETURN_IF_ERROR(made);
  for (size_t i = 0; i < workers_.size(); ++i) {
    health_.Set(workers_[i].name, "waiting for partitions");
    ++running_;
    threads_.emplace_back([this, i](const std::stop_token& stop) { RunThread(i, stop); });
  }
  if (sink_ || archive_)
    sink_thread_ = std::jthread([this](const std::stop_token& stop) { FollowAlerts(stop); });
  if (watch_)
    watch_thread_ = std::jthread([this](const std::stop_token& stop) { WatchGroup(stop); });
  health_.Remove("start");
  waiting_ = false;
  return Status::Ok();
}

void Service::FollowAlerts(const std::stop_token& stop) {
  for (bool last = false; !last;) {
    // The workers have ended then: what they committed is taken to its end.
    last = stop.stop_requested();
    do {
      Result<int64_t> lines = int64_t{0}, files = int64_t{0};
      if (sink_) {
        lines = sink_->Step();
        health_.Set("sinks.alerts_file", lines.ok() ? "" : lines.status().message());
      }
      if (archive_) {
        files = archive_->Step();
        health_.Set("sinks.archive", files.ok() ? "" : files.status().message());
      }
      if (!lines.ok() || !files.ok() || *lines + *files == 0) break;
    } while (last);
    if (!last) options_.clock.SleepFor(std::chrono::milliseconds(100));
  }
}

void Service::WatchGroup(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    watch_->Step();
    wiring_->Tend();
    options_.clock.SleepFor(std::chrono::milliseconds(100));
  }
  watch_.reset();
}

void Service::RunThread(size_t number, const std::stop_token& stop) {
  RoleWorker& worker = workers_[number];
  const bool pin = options_.pin && number >= ingest_workers_;
  Status status = pin ? PinThread(number - ingest_workers_) : Status::Ok();
  if (status.ok()) status = worker.worker->Run(stop);
  if (!status.ok()) {
    const std::lock_guard lock(mutex_);
    if (failed_.ok()) failed_ = Status(status.code(), StrCat(worker.name, ": ", status.message()));
  }
  --running_;
}

Status Service::Tend() {
  if (waiting_ && options_.clock.Steady() - last_try_ > std::chrono::seconds(1))
    BONGSU_RETURN_IF_ERROR(StartWorkers());
  BONGSU_RETURN_IF_ERROR(CheckBeats());
  const std::lock_guard lock(mutex_);
  return failed_;
}

// Every call of a worker has a deadline, but not every one keeps it (a client library that hangs, a
// disk that does not answer): then only a new process helps. Looks are counted, not time, so that a
// process that was stopped for a while is not taken for stuck.
Status Service::CheckBeats() {
  pulses_.resize(workers_.size());
  for (size_t i = 0; i < workers_.size(); ++i) {
    const int64_t beats = workers_[i].worker->beats();
    Pulse& pulse = pulses_[i];
    pulse.missed = beats == pulse.beats ? pulse.missed + 1 : 0;
    pulse.beats = beats;
    if (pulse.missed < kMissedBeats) continue;
    return Status::Unavailable(
        StrCat(workers_[i].name, ": stuck in a call that does not end; start the process again"));
  }
  return Status::Ok();
}

bool Service::Finished() {
  if (waiting_) return false;
  const auto score = workers_.begin() + static_cast<std::ptrdiff_t>(ingest_workers_);
  if (!std::all_of(workers_.begin(), score, [](const RoleWorker& w) { return w.worker->idle(); })) {
    turns_at_end_.clear();
    return false;
  }
  if (turns_at_end_.empty()) {
    for (auto w = score; w != workers_.end(); ++w) turns_at_end_.push_back(w->worker->turns());
  }
  // A whole turn of scoring after the last event came, so that it was seen.
  for (auto w = score; w != workers_.end(); ++w) {
    if (!w->worker->idle() ||
        w->worker->turns() < turns_at_end_[static_cast<size_t>(w - score)] + 2)
      return false;
  }
  return true;
}

Result<bool> Service::Announce(const EngineConfig& config) {
  if (waiting_) return Status::Unavailable("no broker answers yet; send SIGHUP again later");
  return wiring_->Announce(config);
}

bool Service::Stop(Duration deadline) {
  for (std::jthread& thread : threads_) thread.request_stop();
  const Duration step = std::chrono::milliseconds(5);
  for (Duration waited{0}; running_ > 0; waited += step) {
    if (waited >= deadline) return false;
    options_.clock.SleepFor(step);
  }
  threads_.clear();
  if (watch_thread_.joinable()) {
    watch_thread_.request_stop();
    watch_thread_.join();
  }
  if (sink_thread_.joinable()) {
    sink_thread_.request_stop();
    sink_thread_.join();
  }
  http_.reset();
  return true;
}

uint16_t Service::ops_port() const {
  return OpsPort(http_.get());
}

}  // namespace bongsu
