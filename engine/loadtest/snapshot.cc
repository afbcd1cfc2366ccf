#include "engine/loadtest/snapshot.h"

#include <algorithm>
#include <charconv>

#include "engine/base/strings.h"

namespace bongsu::loadtest {
namespace {

constexpr double kTicks = 100;  // USER_HZ.
constexpr std::string_view kSpace = " \t";

template <typename Visit>
void ForEachLine(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find_first_of(kSpace, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Line {
  std::string_view name, labels;
  double value = 0;
};

// Label values of the families we read hold no quotation marks.
std::string Label(std::string_view labels, std::string_view name) {
  const std::string before = StrCat(name, "=\"");
  size_t at = labels.find(before);
  while (at != std::string_view::npos && at > 0 && labels[at - 1] != ',') {
    at = labels.find(before, at + 1);
  }
  if (at == std::string_view::npos) return {};
  const size_t begin = at + before.size();
  return std::string(labels.substr(begin, labels.find('"', begin) - begin));
}

std::optional<Line> ParseLine(std::string_view line) {
  if (line.empty() || line[0] == '#') return std::nullopt;
  const size_t space = line.rfind(' '), brace = line.find('{');
  if (space == std::string_view::npos) return std::nullopt;
  const std::optional<double> value = Number(line.substr(space + 1));
  if (!value) return std::nullopt;
  Line parsed{line.substr(0, std::min(brace, space)), {}, *value};
  if (brace < space) {
    const size_t close = line.rfind('}');
    if (close == std::string_view::npos || close < brace) return std::nullopt;
    parsed.labels = line.substr(brace + 1, close - brace - 1);
  }
  return parsed;
}

double Grown(double from, double to) {
  return std::max(to - from, 0.0);
}

std::optional<double> Share(const std::optional<double>& from, const std::optional<double>& to,
                            double seconds) {
  if (!from || !to || seconds <= 0) return std::nullopt;
  return Grown(*from, *to) / seconds;
}

// Threads tell what they did about once a second, or after a long batch: shares are of what they
// told, not of the time between the snapshots. Commits and stores run beside it.
void CompareWorkers(const Snapshot& from, const Snapshot& to, Measurements* measured) {
  measured->workers.clear();
  double processing = 0;
  for (const auto& [name, activities] : to.worker_seconds) {
    WorkerShare worker;
    worker.name = name;
    const auto before = from.worker_seconds.find(name);
    double wait = 0;
    for (const auto& [activity, share] : {std::pair("poll", &worker.poll),
                                          {"process", &worker.process},
                                          {"commit", &worker.commit},
                                          {"store", &worker.store},
                                          {"idle", &worker.idle},
                                          {"throttle", &worker.throttle},
                                          {"wait", &wait}}) {
      const auto now = activities.find(activity);
      if (now == activities.end()) continue;
      double base = 0;
      if (before != from.worker_seconds.end()) {
        const auto then = before->second.find(activity);
        if (then != before->second.end()) base = then->second;
      }
      *share = Grown(base, now->second);
    }
    const double all = worker.poll + worker.process + worker.idle + worker.throttle + wait;
    if (Scores(worker)) processing += worker.process;
    for (double* const share : {&worker.poll, &worker.process, &worker.commit, &worker.store,
                                &worker.idle, &worker.throttle}) {
      *share = all > 0 ? *share / all : 0;
    }
    measured->workers.push_back(worker);
  }
  const double scored = Grown(from.scored, to.scored);
  measured->event_seconds = scored > 0 ? processing / scored : 0;
}

}  // namespace

void AddMetrics(std::string_view exposition, std::string_view engine, std::string_view input,
                Snapshot* sample) {
  ForEachLine(exposition, [&](std::string_view text) {
    const std::optional<Line> line = ParseLine(text);
    if (!line) return;
    std::string_view name = line->name;
    if (name == "process_cpu_seconds_total") sample->cpu_seconds += line->value;
    if (name == "process_resident_memory_bytes") sample->resident_bytes += line->value;
    if (!name.starts_with("bongsu_")) return;
    name.remove_prefix(std::string_view("bongsu_").size());
    if (name == "worker_seconds_total") {
      std::string worker = Label(line->labels, "worker");
      if (!engine.empty()) worker = StrCat(engine, ' ', worker);
      sample->worker_seconds[worker][Label(line->labels, "activity")] += line->value;
    } else if (name == "stage_duration_seconds_sum") {
      sample->stages[Label(line->labels, "stage")].first += line->value;
    } else if (name == "stage_duration_seconds_count") {
      sample->stages[Label(line->labels, "stage")].second += line->value;
    } else if (name == "consumer_lag_events") {
      if (Label(line->labels, "topic") != input) return;
      if (const auto partition = Number(Label(line->labels, "partition"))) {
        sample->lag[static_cast<int>(*partition)] += line->value;
      }
    } else if (name == "events_scored_total") {
      sample->scored += line->value;
    } else if (name == "alerts_emitted_total") {
      sample->alerts += line->value;
    } else if (name == "dead_letters_total") {
      sample->dead_letters += line->value;
    } else if (name == "state_bytes_written_total") {
      sample->state_bytes_written += line->value;
    } else if (name == "commit_duration_seconds_sum") {
      sample->commit_seconds += line->value;
    } else if (name == "commit_duration_seconds_count") {
      sample->commits += line->value;
    }
  });
}

// cpu user nice system idle iowait irq softirq steal …; guests are part of user.
void AddMachine(std::string_view stat, Snapshot* sample) {
  const std::vector<std::string_view> words = Words(stat.substr(0, stat.find('\n')));
  if (words.size() < 9 || words[0] != "cpu") return;
  double all = 0, idle = 0;
  for (size_t i = 1; i < 9; ++i) {
    const std::optional<double> ticks = Number(words[i]);
    if (!ticks) return;
    all += *ticks;
    if (i == 4 || i == 5) idle += *ticks;
  }
  sample->machine_seconds = all / kTicks;
  sample->machine_busy_seconds = (all - idle) / kTicks;
}

// The tenth figure after the name: milliseconds in which the device had something to do.
void AddDisk(std::string_view diskstats, unsigned major, unsigned minor, Snapshot* sample) {
  const std::string wanted_major = StrCat(major), wanted_minor = StrCat(minor);
  ForEachLine(diskstats, [&](std::string_view line) {
    const std::vector<std::string_view> words = Words(line);
    if (words.size() < 13 || words[0] != wanted_major || words[1] != wanted_minor) return;
    if (const auto ms = Number(words[12])) sample->disk_busy_seconds = *ms / 1000;
  });
}

void AddPressure(std::string_view pressure, Snapshot* sample) {
  ForEachLine(pressure, [&](std::string_view line) {
    if (!line.starts_with("some ")) return;
    const size_t at = line.find("total=");
    if (at == std::string_view::npos) return;
    if (const auto micros = Number(line.substr(at + 6))) sample->io_stall_seconds = *micros / 1e6;
  });
}

void Compare(const Snapshot& from, const Snapshot& to, Measurements* measured) {
  const double seconds = static_cast<double>(to.at - from.at) / 1e6;
  if (seconds <= 0) return;
  CompareWorkers(from, to, measured);
  measured->stages.clear();
  for (const auto& [name, sum] : to.stages) {
    const auto before = from.stages.find(name);
    const auto base = before == from.stages.end() ? std::pair<double, double>() : before->second;
    const double count = sum.second - base.second;
    if (count > 0) measured->stages.push_back({name, Grown(base.first, sum.first) * 1e6 / count});
  }
  measured->lag.clear();
  for (const auto& [partition, lag] : to.lag) {
    if (partition < 0) continue;
    measured->lag.resize(std::max(measured->lag.size(), static_cast<size_t>(partition) + 1));
    measured->lag[static_cast<size_t>(partition)] = lag;
  }
  measured->engine_cores = Grown(from.cpu_seconds, to.cpu_seconds) / seconds;
  measured->scored = Grown(from.scored, to.scored) / seconds;
  const double commits = to.commits - from.commits;
  if (commits > 0) {
    measured->commit_ms = Grown(from.commit_seconds, to.commit_seconds) * 1000 / commits;
  }
  if (from.machine_seconds && to.machine_seconds) {
    measured->machine_busy = Share(from.machine_busy_seconds, to.machine_busy_seconds,
                                   *to.machine_seconds - *from.machine_seconds);
  }
  measured->disk_busy = Share(from.disk_busy_seconds, to.disk_busy_seconds, seconds);
  measured->io_pressure = Share(from.io_stall_seconds, to.io_stall_seconds, seconds);
  measured->state_bytes_per_second =
      Grown(from.state_bytes_written, to.state_bytes_written) / seconds;
}

}  // namespace bongsu::loadtest
