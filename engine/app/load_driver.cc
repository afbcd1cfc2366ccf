#include "engine/app/load_driver.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <numeric>
#include <thread>

#include "engine/app/load_sampler.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/core/event.h"
#include "engine/core/topics.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/io/kafka/load.h"
#include "engine/loadtest/tracker.h"

namespace bongsu {
namespace {

using loadtest::Measurements;
using loadtest::Recorder;
using loadtest::Run;
using loadtest::Schedule;
using loadtest::Sent;
using loadtest::Snapshot;
using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kTurn = 1000;   // Microseconds between two looks at what is due.
constexpr int64_t kRound = 5000;  // Between two questions for positions, if the broker is as fast.
constexpr int64_t kSecond = 1'000'000;
constexpr int kServeEvery = 256;            // Events.
constexpr int64_t kSilence = 30 * kSecond;  // A broker or an engine that does nothing for so long.
constexpr int64_t kGrace = 5 * kSecond;  // And the goal: how long results may come after the end.
constexpr int64_t kSamples = 300;        // Of a run, at most.
// A load test that sends later than this, or than this share of the goal, measures itself.
constexpr double kLateMs = 20, kLateShare = 0.2;

void Pause(int64_t micros) {
  std::this_thread::sleep_for(std::chrono::microseconds(micros));
}

int64_t WallMicros() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double Rate(int64_t count, int64_t micros) {
  return micros > 0 ? static_cast<double>(count) * 1e6 / static_cast<double>(micros) : 0;
}

}  // namespace

struct LoadDriver::Impl {
  Impl(const LoadSite& s, LoadEvents& e, LoadDriverOptions o)
      : site(s), events(e), options(std::move(o)), sampler(s), tracker(0, 0) {}

  Status Connect();
  int64_t Now() const {
    return std::chrono::duration_cast<Duration>(SteadyClock::now() - began).count();
  }
  void Stop(const std::string& reason) {
    const std::lock_guard lock(mutex);
    if (stopped.empty()) stopped = reason;
    halt = true;
  }

  // The caller's thread.
  void SendAll(const Schedule& schedule);
  bool SendOne(int64_t number, int64_t due);
  bool AwaitDue(int64_t due);
  void TakeAnswers();
  void Look();
  void AwaitDone(int64_t until);
  void GiveUpOpen();
  void Judge(Run* run) const;
  bool Settle();

  // Threads of their own.
  void Watch(const std::stop_token& stop);
  Status Ask();
  void TakeArrivals(const std::vector<int64_t>& ends);
  void ReadAlerts(const std::stop_token& stop);
  void TakeSamples(const std::stop_token& stop, int64_t from, int64_t to);

  const LoadSite& site;
  LoadEvents& events;
  const LoadDriverOptions options;
  const LoadSampler sampler;
  int32_t sources = 0, inputs = 0;  // Partitions; no sources: events go straight to the input.
  // Sent, and not answered yet, by partition: the client writes into `offset`, so they must stay
  // where they are and live longer than it.
  struct Waiting {
    int64_t offset = LoadProducer::kPending;
    int64_t sent_at = 0;
    Sent sent;
  };
  std::vector<std::deque<Waiting>> unanswered;
  std::unique_ptr<LoadProducer> producer;
  std::unique_ptr<OffsetProbe> ingest, score, ends;
  std::unique_ptr<KafkaLog> log;
  struct Followed {
    std::unique_ptr<Reader> reader;
    std::unique_ptr<RecordBatch> batch;
  };
  std::vector<Followed> alerts;

  // Of the run under way.
  SteadyClock::time_point began;
  int64_t wall_began = 0, number = 0;  // Of all runs: ids are never used twice.
  bool give_up = false, interrupted = false;
  std::atomic<bool> halt{false};
  mutable std::mutex mutex;  // Guards what follows.
  std::string stopped;
  bool pushed_back = false;
  loadtest::Tracker tracker;
  Recorder* record = nullptr;  // Null between runs.
  loadtest::Histogram acks, rounds, alert_latency;
  std::vector<Snapshot> samples;
  std::vector<int64_t> sent_to;  // By partition of the input.
  struct Arrivals {
    int64_t at = 0;
    std::vector<int64_t> counts;
  };
  Arrivals first, last;  // In the measured time.
  int64_t last_progress = 0;
  std::vector<int64_t> positions, ingested, input_ends;  // Of the watching thread.
};

LoadDriver::LoadDriver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadDriver::~LoadDriver() = default;

Result<std::unique_ptr<LoadDriver>> LoadDriver::Make(const LoadSite& site, LoadEvents& events,
                                                     LoadDriverOptions options) {
  auto impl = std::make_unique<Impl>(site, events, std::move(options));
  BONGSU_RETURN_IF_ERROR(impl->Connect());
  return std::unique_ptr<LoadDriver>(new LoadDriver(std::move(impl)));
}

Status LoadDriver::Impl::Connect() {
  BONGSU_ASSIGN_OR_RETURN(log, KafkaLog::Make(site.kafka));
  BONGSU_ASSIGN_OR_RETURN(inputs, log->Partitions(site.input));
  BONGSU_ASSIGN_OR_RETURN(producer,
                          LoadProducer::Make(site.kafka, site.topic, options.in_flight_bytes));
  unanswered.resize(static_cast<size_t>(producer->partitions()));
  sent_to.resize(static_cast<size_t>(inputs));
  BONGSU_ASSIGN_OR_RETURN(score,
                          OffsetProbe::OfGroup(site.kafka, site.score_group, site.input, inputs));
  if (!site.source.empty()) {
    sources = producer->partitions();
    BONGSU_ASSIGN_OR_RETURN(
        ingest, OffsetProbe::OfGroup(site.kafka, site.ingest_group, site.topic, sources));
    BONGSU_ASSIGN_OR_RETURN(ends, OffsetProbe::OfEnds(site.kafka, site.input, inputs));
  }
  tracker = loadtest::Tracker(static_cast<size_t>(sources), static_cast<size_t>(inputs));
  BONGSU_ASSIGN_OR_RETURN(const int32_t alert_partitions, log->Partitions(site.alerts));
  for (int32_t p = 0; p < alert_partitions; ++p) {
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets offsets, log->Offsets({site.alerts, p}));
    Followed& followed = alerts.emplace_back();
    BONGSU_ASSIGN_OR_RETURN(followed.reader, log->NewReader({site.alerts, p}, offsets.stable_end));
    followed.batch = followed.reader->NewBatch();
  }
  return Status::Ok();
}

Run LoadDriver::Do(const Schedule& schedule, bool give_up) {
  Impl& i = *impl_;
  Run run(schedule);
  {
    const std::lock_guard lock(i.mutex);
    i.stopped.clear();
    i.record = &run.record;
    i.acks = i.rounds = i.alert_latency = {};
    i.samples.clear();
    i.first = i.last = {};
    i.last_progress = 0;
    i.give_up = give_up;
    i.interrupted = false;
    i.pushed_back = false;
    i.halt = false;
    i.began = SteadyClock::now();
    i.wall_began = WallMicros();
  }
  {
    std::jthread watching([&](const std::stop_token& stop) { i.Watch(stop); });
    std::jthread reading([&](const std::stop_token& stop) { i.ReadAlerts(stop); });
    std::jthread sampling([&](const std::stop_token& stop) {
      i.TakeSamples(stop, schedule.measured_from(), schedule.end());
    });
    i.SendAll(schedule);
    i.AwaitDone(i.Now() + kGrace + i.options.goal.count());
    i.GiveUpOpen();
  }
  run.stopped = i.stopped;
  run.samples = i.samples;
  run.alerts = i.alert_latency;
  run.round_ms = static_cast<double>(i.rounds.Quantile(0.5)) / 1000;
  i.Judge(&run);
  return run;
}

bool LoadDriver::Settle() {
  return impl_->Settle();
}

void LoadDriver::Impl::SendAll(const Schedule& schedule) {
  for (int64_t i = 0; i < schedule.total(); ++i) {
    const int64_t due = schedule.DueOf(i);
    if (!AwaitDue(due) || !SendOne(number++, due)) return;
    if (i % kServeEvery == 0) TakeAnswers();
    if (i % (16 * kServeEvery) == 0) Look();
    if (halt) return;
  }
  while (!halt && Now() < schedule.end()) {
    TakeAnswers();
    Look();
    Pause(kTurn);
  }
}

// False when the run has to stop.
bool LoadDriver::Impl::AwaitDue(int64_t due) {
  for (int64_t left = due - Now(); left > 0; left = due - Now()) {
    TakeAnswers();
    Look();
    if (halt) return false;
    // To spin would take a core from the engine.
    Pause(std::clamp<int64_t>(left, 100, kTurn));
  }
  return true;
}

bool LoadDriver::Impl::SendOne(int64_t id, int64_t due) {
  const LoadEvents::Event event = events.Stamp(id, wall_began + due);
  const int32_t input = PartitionOf(event.user, inputs);
  const int32_t partition = sources > 0 ? PartitionOf(event.user, sources) : input;
  std::string origin;
  std::vector<Header> headers;
  if (sources == 0) {
    origin = FormatOrigin({"loadtest", 0, id, 0});
    headers.push_back({kOriginHeader, origin});
  }
  std::deque<Waiting>& queue = unanswered[static_cast<size_t>(partition)];
  Waiting& waiting = queue.emplace_back();
  waiting.sent = {due, 0, partition, input, event.bad};
  waiting.sent_at = Now();
  const Result<bool> sent =
      producer->Send(partition, event.user, event.json, headers, &waiting.offset);
  if (sent.ok() && *sent) {
    const std::lock_guard lock(mutex);
    record->Sent(due, waiting.sent_at);
    if (!event.bad) ++sent_to[static_cast<size_t>(input)];
    return true;
  }
  queue.pop_back();
  if (sent.ok()) {
    pushed_back = true;
    Stop(StrCat("the broker took less than was sent: ", options.in_flight_bytes >> 20,
                " MiB waited for its answer"));
  } else {
    Stop(sent.status().message());
  }
  return false;
}

void LoadDriver::Impl::TakeAnswers() {
  const Status status = producer->Serve();
  const int64_t now = Now();
  {
    const std::lock_guard lock(mutex);
    for (std::deque<Waiting>& queue : unanswered) {
      for (; !queue.empty() && queue.front().offset != LoadProducer::kPending; queue.pop_front()) {
        Waiting& waiting = queue.front();
        if (waiting.offset < 0) continue;  // Lost; Serve says so.
        acks.Record(now - waiting.sent_at);
        waiting.sent.offset = waiting.offset;
        tracker.Add(waiting.sent);
      }
    }
  }
  if (!status.ok()) Stop(status.message());
}

// Whether there is a reason to stop.
void LoadDriver::Impl::Look() {
  if (const std::string why = options.interrupted(); !why.empty()) {
    interrupted = true;
    Stop(why);
  }
  std::string reason;
  {
    const std::lock_guard lock(mutex);
    const int64_t now = Now(), late = now - tracker.OldestDue(now);
    if (tracker.open() > options.backlog) {
      reason = StrCat("more than ", options.backlog, " events were sent and not yet done");
    } else if (now - last_progress > kSilence && late > kSilence) {
      reason = StrCat("nothing was done for ", kSilence / kSecond, " s; does the engine run?");
    } else if (give_up && late > 3 * options.goal.count() + 2 * kSecond) {
      reason = "the goal can no longer be met";
    }
  }
  if (!reason.empty()) Stop(reason);
}

void LoadDriver::Impl::AwaitDone(int64_t until) {
  while (Now() < until) {
    TakeAnswers();
    const bool answered = std::all_of(unanswered.begin(), unanswered.end(),
                                      [](const auto& queue) { return queue.empty(); });
    {
      const std::lock_guard lock(mutex);
      if (answered && tracker.open() == 0) return;
    }
    if (!options.interrupted().empty()) return;
    Pause(kTurn);
  }
}

void LoadDriver::Impl::GiveUpOpen() {
  const std::lock_guard lock(mutex);
  const int64_t now = Now();
  const auto missing = [&](const Sent& sent) { record->Missing(sent.due, now, sent.bad); };
  tracker.ForEachOpen(missing);
  for (const auto& queue : unanswered) {
    for (const Waiting& waiting : queue) missing(waiting.sent);
  }
  record = nullptr;
}

bool LoadDriver::Impl::Settle() {
  std::jthread watching([&](const std::stop_token& stop) { Watch(stop); });
  {
    const std::lock_guard lock(mutex);
    last_progress = Now();
  }
  while (options.interrupted().empty()) {
    TakeAnswers();
    {
      const std::lock_guard lock(mutex);
      if (tracker.open() == 0) return true;
      if (Now() - last_progress > kSilence) return false;
    }
    Pause(kTurn);
  }
  return false;
}

void LoadDriver::Impl::Watch(const std::stop_token& stop) {
  int64_t before = Now(), answered = before;
  while (!stop.stop_requested()) {
    const int64_t asked = Now();
    const Status status = Ask();
    const int64_t now = Now();
    {
      const std::lock_guard lock(mutex);
      rounds.Record(now - before);
    }
    before = now;
    if (status.ok()) {
      answered = now;
    } else if (now - answered > kSilence) {
      Stop(status.message());
      return;
    }
    Pause(std::max<int64_t>(kRound - (now - asked), status.ok() ? 500 : 100'000));
  }
}

Status LoadDriver::Impl::Ask() {
  int64_t now = 0;
  const auto done = [&](const Sent& sent) {
    last_progress = now;
    if (record != nullptr) record->Done(sent.due, now, sent.bad);
  };
  if (ingest) {
    BONGSU_RETURN_IF_ERROR(ingest->Ask(&ingested));
    BONGSU_RETURN_IF_ERROR(ends->Ask(&input_ends));
    const std::lock_guard lock(mutex);
    now = Now();
    tracker.Ingested(ingested, input_ends, done);
    TakeArrivals(input_ends);
  }
  BONGSU_RETURN_IF_ERROR(score->Ask(&positions));
  const std::lock_guard lock(mutex);
  now = Now();
  tracker.Scored(positions, done);
  if (!ingest) TakeArrivals(sent_to);
  return Status::Ok();
}

void LoadDriver::Impl::TakeArrivals(const std::vector<int64_t>& counts) {
  const int64_t now = Now();
  if (record == nullptr || now < record->schedule().measured_from() ||
      now > record->schedule().end())
    return;
  if (first.counts.empty()) first = {now, counts};
  last = {now, counts};
}

void LoadDriver::Impl::ReadAlerts(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (Followed& followed : alerts) {
      bool at_end = false;
      followed.batch->Clear();
      if (!followed.reader->Poll(Duration(kTurn), followed.batch.get(), &at_end).ok()) return;
      const int64_t now = WallMicros();
      for (const Record& alert : followed.batch->records()) {
        const std::optional<int64_t> due = DueIn(alert.value);
        const std::lock_guard lock(mutex);
        // Those of the warm-up and of runs before are not counted.
        if (due && record != nullptr && *due - wall_began >= record->schedule().measured_from()) {
          alert_latency.Record(now - *due);
        }
      }
    }
    Pause(kTurn);
  }
}

void LoadDriver::Impl::TakeSamples(const std::stop_token& stop, int64_t from, int64_t to) {
  if (site.metrics.empty()) return;
  const int64_t step = std::max<int64_t>((to - from) / kSamples, kSecond / 2);
  for (int64_t at = from; !stop.stop_requested(); at = std::min(at + step, to)) {
    while (Now() < at && !stop.stop_requested()) Pause(10 * kTurn);
    if (Result<Snapshot> sample = sampler.Take(Now()); sample.ok()) {
      const std::lock_guard lock(mutex);
      samples.push_back(*std::move(sample));
    }
    if (at >= to) return;
  }
}

void LoadDriver::Impl::Judge(Run* run) const {
  const Recorder& r = run->record;
  const Schedule& schedule = r.schedule();
  Measurements& m = run->measured;
  const int64_t length = schedule.end() - schedule.measured_from();
  m.target = Rate(schedule.total() - schedule.CountBefore(schedule.measured_from()), length);
  m.p99_ms = static_cast<double>(r.latency().Quantile(0.99)) / 1000;
  m.goal_ms = ToSeconds(options.goal) * 1000;
  m.late_ms = static_cast<double>(r.lateness().Quantile(0.99)) / 1000;
  m.ack_ms = static_cast<double>(acks.Quantile(0.5)) / 1000;
  m.hot_share = options.hot_share;
  m.pushed_back = pushed_back;
  m.loader_limited = !m.pushed_back && m.late_ms > std::max(kLateMs, kLateShare * m.goal_ms);
  // In time, all of them: then the rate was held, and what was due counts. Else what was done.
  // Somebody's interruption is no fault of the engine.
  m.met = (interrupted || (stopped.empty() && r.missing() == 0)) && m.p99_ms <= m.goal_ms;
  m.achieved = Rate(m.met ? r.due_done() : r.done_in_time(), length);
  m.cores = sampler.cores();
  if (samples.size() >= 2) Compare(samples.front(), samples.back(), &m);
  const int64_t between = last.at - first.at;
  for (size_t p = 0; p < first.counts.size() && p < last.counts.size(); ++p) {
    m.arrivals.push_back(Rate(last.counts[p] - first.counts[p], between));
  }
}

}  // namespace bongsu
