#include <algorithm>
#include <fstream>

#include "benchmarks/end_to_end/load.h"
#include "benchmarks/end_to_end/stage.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

constexpr int64_t kBetweenSamples = 5'000'000;  // Microseconds.
constexpr int kParts = 4;
constexpr std::string_view kCache = "256MiB";

// MiB resident.
Result<double> Resident(pid_t pid) {
  std::ifstream file(StrCat("/proc/", pid, "/status"));
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && file >> kib) return kib / 1024;
  }
  return Status::Unavailable("the engine's memory cannot be read");
}

}  // namespace

Result<Figures> Memory(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const Stage stage, SetStage(options, 40));
  BONGSU_ASSIGN_OR_RETURN(
      const auto producer,
      EventProducer::Make(options.brokers, stage.prefix + ".events", options.partitions));
  BONGSU_ASSIGN_OR_RETURN(const auto watcher, stage.Watch(options));
  BONGSU_RETURN_IF_ERROR(SendEverybody(options, *producer));
  // Commits a second apart: memory is what is measured, and the hour leaves the machine to others.
  BONGSU_ASSIGN_OR_RETURN(const auto engine,
                          stage.StartEngine(options, {{"BENCH_CACHE", std::string(kCache)},
                                                      {"BENCH_COMMIT", "1s"},
                                                      {"BENCH_MIN_COMMIT", "1s"}}));
  BONGSU_RETURN_IF_ERROR(WaitFor(*watcher, *engine, options.people));
  BONGSU_ASSIGN_OR_RETURN(const double filled, Resident(engine->pid()));
  Figures figures = {{"people", static_cast<double>(options.people)}, {"filled_mib", filled}};

  BONGSU_ASSIGN_OR_RETURN(const int64_t before, watcher->Committed());
  std::vector<double> samples;
  {
    Load load(options, options.rate, *producer);
    for (const int64_t began = NowNanos(); Since(began) < options.seconds;) {
      SleepMicros(kBetweenSamples);
      BONGSU_RETURN_IF_ERROR(engine->Running());
      BONGSU_ASSIGN_OR_RETURN(const double now, Resident(engine->pid()));
      samples.push_back(now);
    }
    BONGSU_RETURN_IF_ERROR(load.End());
  }
  BONGSU_ASSIGN_OR_RETURN(const int64_t after, watcher->Committed());
  figures.push_back({"events", static_cast<double>(after - before)});
  for (int part = 0; part < kParts; ++part) {
    const size_t from = samples.size() * static_cast<size_t>(part) / kParts;
    const size_t to = samples.size() * static_cast<size_t>(part + 1) / kParts;
    std::vector<double> some(samples.begin() + static_cast<std::ptrdiff_t>(from),
                             samples.begin() + static_cast<std::ptrdiff_t>(to));
    if (some.empty()) continue;
    std::sort(some.begin(), some.end());
    figures.push_back({StrCat("part_", part + 1, "_p50_mib"), Quantile(some, 0.5)});
    figures.push_back({StrCat("part_", part + 1, "_max_mib"), some.back()});
  }
  return figures;
}

}  // namespace bongsu::benchmarks
