#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <thread>

#include "benchmarks/end_to_end/kafka_client.h"
#include "benchmarks/end_to_end/stage.h"
#include "benchmarks/end_to_end/workloads.h"
#include "benchmarks/support/machine.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

// The time a record was due, which its event_id carries as sixteen hexadecimal digits.
bool DueOf(std::string_view alert, int64_t* due) {
  constexpr std::string_view kBefore = "\"event_id\":\"";
  const size_t at = alert.find(kBefore);
  if (at == std::string_view::npos) return false;
  const char* const begin = alert.data() + at + kBefore.size();
  return std::from_chars(begin, begin + 16, *due, 16).ec == std::errc();
}

struct Latencies {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> last_seen{0};
  std::atomic<int64_t> count_from{0};  // Events due before it warm the engine up.
  std::vector<double> millis;
  int64_t alerts = 0;
  Status failed;

  void Run(CommittedReader& reader) {
    while (!stop) {
      const Result<bool> got = reader.Next([this](std::string_view alert) {
        const int64_t now = NowNanos();
        int64_t due = 0;
        if (!DueOf(alert, &due)) return;
        ++alerts;
        last_seen = now;
        if (due >= count_from) millis.push_back(static_cast<double>(now - due) * 1e-6);
      });
      if (!got.ok()) failed = got.status();
      if (!got.ok()) return;
    }
  }
};

// When each event is due: at the rate, but for the middle fifth, in which there are `burst` times
// as many.
class Schedule final {
 public:
  Schedule(const Options& options, double seconds)
      : rate_(options.rate),
        burst_(options.burst),
        before_(0.4 * seconds),
        longer_(0.2 * seconds * options.burst),
        total_(static_cast<int64_t>(rate_ * (0.8 * seconds + longer_))) {}
  int64_t total() const { return total_; }
  double Due(int64_t i) const {  // Seconds from the start.
    const double even = static_cast<double>(i) / rate_;
    if (even < before_) return even;
    if (even < before_ + longer_) return before_ + (even - before_) / burst_;
    return even - longer_ + longer_ / burst_;
  }

 private:
  const double rate_, burst_, before_, longer_;
  const int64_t total_;
};

// Sends each event when it is due; a late one keeps its due time.
Status Drive(const Options& options, EventProducer& producer, const Schedule& schedule) {
  BONGSU_ASSIGN_OR_RETURN(const Shape shape, ParseShape(options.shape));
  EventStream events(shape, options.people, options.seed);
  const int64_t began = NowNanos();
  char id[40];
  for (int64_t i = 0; i < schedule.total(); ++i) {
    const int64_t due = began + static_cast<int64_t>(schedule.Due(i) * 1e9);
    for (int64_t left = due - NowNanos(); left > 0; left = due - NowNanos()) {
      producer.Serve();
      SleepMicros(
          std::max<int64_t>(200, left / 1000));  // To spin would take a core from the engine.
    }
    std::snprintf(id, sizeof(id), "%016llx-%012llx", static_cast<unsigned long long>(due),
                  static_cast<unsigned long long>(i));
    const auto [json, user] = events.Next(id);
    BONGSU_RETURN_IF_ERROR(producer.Send(user, json));
  }
  return producer.Flush();
}

}  // namespace

Result<Figures> CatchUp(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const Stage stage, SetStage(options, 40));
  const std::string topic = stage.prefix + ".events";
  int64_t total = 0;
  {
    BONGSU_ASSIGN_OR_RETURN(const EventList events, LoadEvents(options, stage.config));
    BONGSU_ASSIGN_OR_RETURN(const auto producer,
                            EventProducer::Make(options.brokers, topic, options.partitions));
    for (size_t i = 0; i < events.size(); ++i)
      BONGSU_RETURN_IF_ERROR(producer->Send(events.users[i], events.at(i)));
    BONGSU_RETURN_IF_ERROR(producer->Flush());
    total = static_cast<int64_t>(events.size());
  }
  BONGSU_ASSIGN_OR_RETURN(const auto watcher, stage.Watch(options));
  const int64_t started = NowNanos();
  BONGSU_ASSIGN_OR_RETURN(const auto engine, stage.StartEngine(options));
  int64_t first = 0, first_at = 0, half = 0, half_at = 0, at = 0;
  while (at < total) {
    SleepMicros(10'000);
    BONGSU_RETURN_IF_ERROR(engine->Running());
    BONGSU_ASSIGN_OR_RETURN(at, watcher->Committed());
    if (first == 0 && at > 0) first = at, first_at = NowNanos();
    if (half == 0 && at >= total / 2) half = at, half_at = NowNanos();
    if (Since(started) > kLongest)
      return Status::Unavailable(StrCat("only ", at, " of ", total, " events were scored"));
  }
  const double after_half = Since(half_at), after_first = Since(first_at), whole = Since(started);
  const Usage usage = UsageOf(engine->pid());
  BONGSU_RETURN_IF_ERROR(engine->Stop());
  const auto rate = [](int64_t events, double seconds) {
    return seconds > 0 ? static_cast<double>(events) / seconds : 0;
  };
  const double count = static_cast<double>(total);
  return Figures{{"events", count},
                 {"events_per_second", rate(total - first, after_first)},
                 {"second_half_per_second", rate(total - half, after_half)},
                 {"seconds_to_first_commit", whole - after_first},
                 {"cpu_us_per_event", usage.cpu_seconds * 1e6 / count},
                 {"peak_mib", static_cast<double>(usage.peak_bytes) / 1048576}};
}

Result<Figures> Steady(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const Stage stage, SetStage(options, options.threshold));
  const std::string topic = stage.prefix + ".events";
  BONGSU_ASSIGN_OR_RETURN(const auto producer,
                          EventProducer::Make(options.brokers, topic, options.partitions));
  BONGSU_ASSIGN_OR_RETURN(
      const auto reader,
      CommittedReader::Make(options.brokers, stage.prefix + ".alerts", options.partitions));
  BONGSU_ASSIGN_OR_RETURN(const auto watcher, stage.Watch(options));
  BONGSU_ASSIGN_OR_RETURN(const auto engine, stage.StartEngine(options));
  EventStream greeting(Shape::kManyPeople, 1, 0);
  const auto hello = greeting.Next();
  BONGSU_RETURN_IF_ERROR(producer->Send(hello.user, hello.json));
  BONGSU_RETURN_IF_ERROR(producer->Flush());
  BONGSU_RETURN_IF_ERROR(WaitFor(*watcher, *engine, 1));  // It is a member and reads.

  Latencies latencies;
  latencies.count_from = NowNanos() + static_cast<int64_t>(options.warm_seconds * 1e9);
  std::jthread seeing([&] { latencies.Run(*reader); });
  const double cpu_before = UsageOf(engine->pid()).cpu_seconds;
  const int64_t began = NowNanos();
  const Schedule schedule(options, options.seconds + options.warm_seconds);
  Status status = Drive(options, *producer, schedule);
  const double sent_in = Since(began);
  const int64_t total = schedule.total();
  if (status.ok()) status = WaitFor(*watcher, *engine, total + 1);
  latencies.last_seen = NowNanos();
  while (status.ok() && Since(latencies.last_seen) < 1)
    SleepMicros(50'000);  // The last alerts are on their way.
  latencies.stop = true;
  seeing.join();
  BONGSU_RETURN_IF_ERROR(status);
  BONGSU_RETURN_IF_ERROR(latencies.failed);
  const Usage usage = UsageOf(engine->pid());
  BONGSU_RETURN_IF_ERROR(engine->Stop());
  std::vector<double>& millis = latencies.millis;
  if (millis.empty())
    return Status::Unavailable("no alert came; lower --threshold or raise --seconds");
  std::sort(millis.begin(), millis.end());
  return Figures{
      {"events", static_cast<double>(total)},
      {"events_per_second", static_cast<double>(total) / sent_in},
      {"alerts", static_cast<double>(latencies.alerts)},
      {"timed", static_cast<double>(millis.size())},
      {"p50_ms", Quantile(millis, 0.5)},
      {"p90_ms", Quantile(millis, 0.9)},
      {"p99_ms", Quantile(millis, 0.99)},
      {"p999_ms", Quantile(millis, 0.999)},
      {"max_ms", millis.back()},
      {"cpu_us_per_event", (usage.cpu_seconds - cpu_before) * 1e6 / static_cast<double>(total)},
      {"peak_mib", static_cast<double>(usage.peak_bytes) / 1048576}};
}

}  // namespace bongsu::benchmarks
