#include <algorithm>
#include <filesystem>
#include <sstream>

#include "benchmarks/end_to_end/load.h"
#include "benchmarks/end_to_end/stage.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

constexpr int64_t kPollMicros = 5'000;
constexpr double kLoad = 2'000;  // Events a second while the engine is killed.

// Seconds until the group's position moves beyond what it was.
Result<double> UntilCommit(PositionWatcher& watcher, Program& engine, int64_t began) {
  BONGSU_ASSIGN_OR_RETURN(const int64_t before, watcher.Committed());
  for (int64_t at = before; at <= before;) {
    SleepMicros(kPollMicros);
    BONGSU_RETURN_IF_ERROR(engine.Running());
    BONGSU_ASSIGN_OR_RETURN(at, watcher.Committed());
    if (Since(began) > kLongest) return Status::Unavailable("no commit after a restart");
  }
  return Since(began);
}

void AddQuantiles(const std::string& name, std::vector<double> seconds, Figures* figures) {
  std::sort(seconds.begin(), seconds.end());
  figures->push_back({name + "_p50_s", Quantile(seconds, 0.5)});
  figures->push_back({name + "_p95_s", Quantile(seconds, 0.95)});
  figures->push_back({name + "_max_s", seconds.back()});
}

struct Restored {
  double records = 0, seconds = 0;  // All of them; the longest.
  double slowest = 1e12;            // Records a second of one partition.
  int partitions = 0;
};

// Of the first `partitions`, from the lines "restored T-P from N changelog records in S s". Others
// may have been behind by a few records.
Restored ReadRestores(const std::string& log, int partitions) {
  Restored all;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("restored ");
    if (at == std::string::npos) continue;
    std::istringstream words(line.substr(at));
    std::string restored, name, from, changelog, records_word, in;
    double records = 0, seconds = 0;
    if (!(words >> restored >> name >> from >> records >> changelog >> records_word >> in >>
          seconds))
      continue;
    if (std::stoi(name.substr(name.rfind('-') + 1)) >= partitions) continue;
    all.records += records;
    all.seconds = std::max(all.seconds, seconds);
    all.slowest = std::min(all.slowest, records / std::max(seconds, 1e-3));
    ++all.partitions;
  }
  return all;
}

class Recovery {
 public:
  Recovery(const Options& options, const Stage& stage, EventProducer& producer,
           PositionWatcher& watcher)
      : options_(options), stage_(stage), producer_(producer), watcher_(watcher) {}

  Result<Figures> Run() {
    BONGSU_RETURN_IF_ERROR(Fill());
    BONGSU_RETURN_IF_ERROR(Restarts("stop", false));
    BONGSU_RETURN_IF_ERROR(Restarts("kill", true));
    BONGSU_RETURN_IF_ERROR(WipeOne());
    BONGSU_RETURN_IF_ERROR(WipeAll());
    BONGSU_RETURN_IF_ERROR(Takeover());
    return figures_;
  }

 private:
  Status Start() {
    BONGSU_ASSIGN_OR_RETURN(engine_, stage_.StartEngine(options_, {{"BENCH_LOG", "info"}}));
    return Status::Ok();
  }

  // Everybody has state.
  Status Fill() {
    BONGSU_RETURN_IF_ERROR(SendEverybody(options_, producer_));
    BONGSU_RETURN_IF_ERROR(Start());
    BONGSU_RETURN_IF_ERROR(WaitFor(watcher_, *engine_, options_.people));
    figures_.push_back({"people", static_cast<double>(options_.people)});
    return Status::Ok();
  }

  Status Restarts(const std::string& name, bool kill) {
    std::vector<double> seconds;
    Load load(options_, kLoad, producer_);
    for (int i = 0; i < options_.restarts; ++i) {
      SleepMicros(300'000 + i % 7 * 37'000);  // At another moment of a batch each time.
      if (kill) {
        engine_->Kill();
      } else {
        BONGSU_RETURN_IF_ERROR(engine_->Stop());
      }
      const int64_t began = NowNanos();
      BONGSU_RETURN_IF_ERROR(Start());
      BONGSU_ASSIGN_OR_RETURN(const double taken, UntilCommit(watcher_, *engine_, began));
      seconds.push_back(taken);
    }
    AddQuantiles("restart_after_" + name, std::move(seconds), &figures_);
    return load.End();
  }

  Status Wipe(int partitions, const std::string& name) {
    BONGSU_RETURN_IF_ERROR(engine_->Stop());
    for (int p = 0; p < partitions; ++p) {
      std::error_code error;
      std::filesystem::remove_all(
          StrCat(stage_.dir->path(), "/data/state/", stage_.prefix, ".events-", p), error);
      if (error) return Status::Unavailable(error.message());
    }
    Load load(options_, kLoad, producer_);
    const int64_t began = NowNanos();
    BONGSU_RETURN_IF_ERROR(Start());
    Restored restored;
    while (restored.partitions < partitions) {
      SleepMicros(50'000);
      BONGSU_RETURN_IF_ERROR(engine_->Running());
      restored = ReadRestores(engine_->Log(), partitions);
      if (Since(began) > kLongest) return Status::Unavailable("no restore after a wipe");
    }
    figures_.push_back({"restore_" + name + "_records", restored.records});
    figures_.push_back({"restore_" + name + "_s", restored.seconds});
    figures_.push_back({"restore_" + name + "_records_per_second",
                        partitions == 1 ? restored.slowest : restored.records / restored.seconds});
    return load.End();
  }
  Status WipeOne() { return Wipe(1, "one"); }
  Status WipeAll() { return Wipe(options_.partitions, "all"); }

  // Two engines, each ready for the loss of the other; the first is killed.
  Status Takeover() {
    Load load(options_, kLoad, producer_);
    BONGSU_RETURN_IF_ERROR(engine_->Stop());
    std::vector<std::unique_ptr<Program>> pair;
    for (const char* name : {"bench", "other"}) {
      BONGSU_ASSIGN_OR_RETURN(
          auto engine,
          stage_.StartEngine(options_,
                             {{"BENCH_LOG", "info"},
                              {"BENCH_INSTANCE", name},
                              {"BENCH_STANDBY", "1"},
                              {"BENCH_DATA", StrCat(stage_.dir->path(), "/data", name)}},
                             name));
      pair.push_back(std::move(engine));
    }
    SleepMicros(40'000'000);  // Restores, then follows.
    BONGSU_ASSIGN_OR_RETURN(std::vector<int64_t> before, watcher_.Positions());
    SleepMicros(1'000'000);
    BONGSU_ASSIGN_OR_RETURN(const std::vector<int64_t> alive, watcher_.Positions());
    for (size_t p = 0; p < alive.size(); ++p) {
      if (alive[p] <= before[p]) return Status::Unavailable("a partition stood still for a second");
    }
    pair[0]->Kill();
    const int64_t began = NowNanos();
    SleepMicros(1'000'000);  // What was under way is in.
    BONGSU_ASSIGN_OR_RETURN(before, watcher_.Positions());
    double longest = 0;
    for (size_t left = 1; left > 0;) {
      SleepMicros(kPollMicros);
      BONGSU_ASSIGN_OR_RETURN(const std::vector<int64_t> now, watcher_.Positions());
      left = 0;
      for (size_t p = 0; p < now.size(); ++p) left += now[p] <= before[p] ? 1 : 0;
      longest = Since(began);
      if (longest > kLongest) return Status::Unavailable("nobody took over");
    }
    const double session = ToSeconds(stage_.config.kafka.session_timeout);
    figures_.push_back({"takeover_s", longest});
    figures_.push_back({"takeover_after_session_s", longest - session});
    return load.End();
  }

  const Options& options_;
  const Stage& stage_;
  EventProducer& producer_;
  PositionWatcher& watcher_;
  std::unique_ptr<Program> engine_;
  Figures figures_;
};

}  // namespace

Result<Figures> Restart(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const Stage stage, SetStage(options, 40));
  BONGSU_ASSIGN_OR_RETURN(
      const auto producer,
      EventProducer::Make(options.brokers, stage.prefix + ".events", options.partitions));
  BONGSU_ASSIGN_OR_RETURN(const auto watcher, stage.Watch(options));
  return Recovery(options, stage, *producer, *watcher).Run();
}

}  // namespace bongsu::benchmarks
