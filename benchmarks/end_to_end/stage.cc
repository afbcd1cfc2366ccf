#include "benchmarks/end_to_end/stage.h"

#include <time.h>

#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/io/kafka/topics.h"

namespace bongsu::benchmarks {

int64_t NowNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

void SleepMicros(int64_t micros) {
  const timespec pause{micros / 1'000'000, micros % 1'000'000 * 1000};
  nanosleep(&pause, nullptr);
}

double Since(int64_t nanos) {
  return static_cast<double>(NowNanos() - nanos) * 1e-9;
}

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

Result<std::unique_ptr<Program>> Stage::StartEngine(const Options& options, const Variables& more,
                                                    const std::string& instance) const {
  Variables all = more;
  for (const auto& [name, value] : variables) {
    const auto same = [&](const auto& other) { return other.first == name; };
    if (std::none_of(more.begin(), more.end(), same)) all.emplace_back(name, value);
  }
  return Program::Start({BONGSU_PROGRAM, "run", "-c", options.config, "--roles", "score",
                         "--threads", StrCat(options.threads)},
                        all, StrCat(dir->path(), "/", instance, ".log"));
}

Result<std::unique_ptr<PositionWatcher>> Stage::Watch(const Options& options) const {
  return PositionWatcher::Make(options.brokers, config.kafka.group + ".score", prefix + ".events",
                               options.partitions);
}

Result<Stage> SetStage(const Options& options, double threshold) {
  if (options.brokers.empty())
    return Status::Invalid("the Kafka workloads need --brokers HOST:PORT");
  Stage stage;
  BONGSU_ASSIGN_OR_RETURN(stage.dir, ScratchDir::Make());
  stage.prefix = StrCat("bench-", SystemRng().Next() % 1'000'000'000);
  stage.variables = {{"BENCH_BROKERS", options.brokers},
                     {"BENCH_PREFIX", stage.prefix},
                     {"BENCH_PARTITIONS", StrCat(options.partitions)},
                     {"BENCH_THRESHOLD", StrCat(threshold)},
                     {"BENCH_DATA", stage.dir->path() + "/data"},
                     {"BENCH_FORMAT", options.format}};
  BONGSU_ASSIGN_OR_RETURN(stage.config, LoadConfigOf(options, stage.variables));
  const std::vector<TopicSpec> specs = RequiredTopics(stage.config.kafka);
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TopicResult> results,
                          CreateTopics(stage.config.kafka, specs));
  for (const TopicResult& result : results) {
    if (result.kind != TopicResult::Kind::kCreated) {
      return Status::Unavailable(
          StrCat("topic ", result.topic, " was not created: ", result.message));
    }
  }
  return stage;
}

// Waits until the engine stands at `wanted`.
Status WaitFor(PositionWatcher& watcher, Program& engine, int64_t wanted) {
  int64_t moved = NowNanos();
  for (int64_t at = -1; at < wanted;) {
    SleepMicros(10'000);
    BONGSU_RETURN_IF_ERROR(engine.Running());
    BONGSU_ASSIGN_OR_RETURN(const int64_t now, watcher.Committed());
    if (now != at) moved = NowNanos();
    at = now;
    if (at < wanted && Since(moved) > kLongest) {
      return Status::Unavailable(
          StrCat("the engine stands at ", at, " of ", wanted, " for ", kLongest, " s"));
    }
  }
  return Status::Ok();
}

}  // namespace bongsu::benchmarks
