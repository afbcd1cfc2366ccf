#include "engine/loadtest/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/base/strings.h"

namespace bongsu::loadtest {
namespace {

constexpr double kWaits = 0.35;       // Of a worker's time: what it mostly waits for.
constexpr double kFull = 0.85;        // Of a thread, that queueing leaves usable.
constexpr double kIdle = 0.7;         // A worker busier than this may be what holds up.
constexpr double kAckShare = 0.25;    // Of the latency goal, that the broker's answer may take.
constexpr double kBacklog = 0.25;     // Of what comes in the time of the goal, that waits.
constexpr double kBusyMachine = 0.9;  // Of all cores.
// The shipped behaviour costs 10 to 20 µs; from here on an event is dear.
constexpr double kDearEvent = 50e-6;

std::string Rounded(double value) {
  const double scale = value >= 100 ? 1 : value >= 10 ? 10 : 100;
  return StrCat(std::round(value * scale) / scale);
}

std::string Percent(double share) {
  return StrCat(Rounded(std::round(share * 100)), " %");
}

// What was seen, worked out once for all rules.
struct Picture {
  explicit Picture(const Measurements& measured) : m(measured), event(measured.event_seconds) {
    // Where events wait for scoring, ingest is no bottleneck, however busy it is.
    const double waiting = std::accumulate(m.lag.begin(), m.lag.end(), 0.0);
    const bool scoring = waiting >= kBacklog * m.target * m.goal_ms / 1000;
    for (const WorkerShare& worker : m.workers) {
      threads += Scores(worker) ? 1 : 0;
      if (limited == nullptr || worker.throttle > limited->throttle) limited = &worker;
      if (scoring && !Scores(worker)) continue;
      if (storing == nullptr || worker.store > storing->store) storing = &worker;
      if (busiest == nullptr || worker.busy() > busiest->busy()) busiest = &worker;
    }
    const double all = std::accumulate(m.arrivals.begin(), m.arrivals.end(), 0.0);
    if (all > 0) {
      hottest = static_cast<size_t>(std::max_element(m.arrivals.begin(), m.arrivals.end()) -
                                    m.arrivals.begin());
      hottest_share = m.arrivals[hottest] / all;
    }
    needed = std::ceil(m.target * event / kFull);
    useful = static_cast<int>(m.arrivals.size());
    if (m.cores > 0) useful = std::min(useful, m.cores);
  }
  const Measurements& m;
  const double event;  // Seconds of a thread.
  const WorkerShare* busiest = nullptr;
  const WorkerShare* storing = nullptr;  // The one that the disk holds up most.
  const WorkerShare* limited = nullptr;  // The one that a limit holds up most.
  int threads = 0, useful = 0;           // That score; that could.
  double needed = 0;                     // Threads, for the target.
  size_t hottest = 0;
  double hottest_share = 0;
};

// More than its fair share, enough to hold up a thread, and without it the others would do.
bool PartitionIsHot(const Picture& p) {
  const auto partitions = static_cast<double>(p.m.arrivals.size());
  if (partitions < 2) return false;
  const double fair = 1 / partitions, work = p.m.target * p.event;
  return p.hottest_share >= fair + 0.25 * (1 - fair) && work * p.hottest_share >= kIdle &&
         work * (1 - p.hottest_share) <= kFull * std::max(p.useful - 1, 1);
}

Bottleneck OfProcessing(const Picture& p) {
  if (!Scores(*p.busiest)) return Bottleneck::kCpu;
  if (PartitionIsHot(p)) return Bottleneck::kHotPartition;
  if (p.threads < p.useful && p.needed <= p.useful) return Bottleneck::kThreads;
  if (p.event >= kDearEvent) return Bottleneck::kFeatures;
  return p.threads < p.useful ? Bottleneck::kThreads : Bottleneck::kCpu;
}

// Seldom and for long as well, however much time is left, unless another worker is full of events.
// A slow broker would hold up this worker as well.
bool DiskHoldsUp(const Picture& p) {
  if (p.storing == nullptr || p.storing->store < kWaits ||
      p.storing->store < std::max(p.storing->commit, p.storing->process)) {
    return false;
  }
  return p.storing == p.busiest || p.busiest->poll + p.busiest->process < kIdle;
}

Bottleneck Find(const Picture& p) {
  const Measurements& m = p.m;
  if (m.loader_limited) return Bottleneck::kLoader;
  if (m.pushed_back) return Bottleneck::kBroker;
  if (m.met) return Bottleneck::kNone;
  if (p.limited != nullptr && p.limited->throttle >= kWaits) return Bottleneck::kLimit;
  if (DiskHoldsUp(p)) return Bottleneck::kDisk;
  if (p.busiest != nullptr && p.busiest->busy() >= kIdle) {
    const WorkerShare& w = *p.busiest;
    if (w.commit >= kWaits && w.commit >= w.process) return Bottleneck::kBroker;
    return OfProcessing(p);
  }
  if (m.ack_ms >= kAckShare * m.goal_ms) return Bottleneck::kBroker;
  if (m.commit_ms >= kAckShare * m.goal_ms) {  // State is stored as part of it.
    return p.busiest != nullptr && p.busiest->store > p.busiest->commit ? Bottleneck::kDisk
                                                                        : Bottleneck::kBroker;
  }
  return m.machine_busy.value_or(0) >= kBusyMachine ? Bottleneck::kCpu : Bottleneck::kUnknown;
}

const StageTime* Dearest(const Measurements& m) {
  const auto it =
      std::max_element(m.stages.begin(), m.stages.end(),
                       [](const auto& a, const auto& b) { return a.micros < b.micros; });
  return it == m.stages.end() ? nullptr : &*it;
}

// Builds the sentences; `Say(english, korean)` takes the one that is wanted.
class Words {
 public:
  Words(const Picture& picture, Language language, Verdict* verdict)
      : p_(picture), m_(picture.m), korean_(language == Language::kKorean), verdict_(*verdict) {}

  void Write() {
    Evidence();
    Advice();
  }

 private:
  void See(std::string english, std::string korean) {
    verdict_.evidence.push_back(korean_ ? std::move(korean) : std::move(english));
  }
  void Do(std::string english, std::string korean) {
    verdict_.advice.push_back(korean_ ? std::move(korean) : std::move(english));
  }

  void Evidence() {
    const Bottleneck found = verdict_.bottleneck;
    if (found == Bottleneck::kNone) return;
    if (found == Bottleneck::kLoader) {
      See(StrCat("1 event of 100 was sent ", Rounded(m_.late_ms), " ms or more after it was due"),
          StrCat("이벤트 100건 중 1건이 예정보다 ", Rounded(m_.late_ms),
                 " ms 이상 늦게 전송되었습니다"));
      return;
    }
    if (m_.pushed_back) {
      See("the broker took less than was sent: the queue of the load test was full",
          "브로커가 전송량을 받아들이지 못해 부하 시험의 대기열이 가득 찼습니다");
    }
    if (found == Bottleneck::kLimit) {
      const std::string share = Percent(p_.limited->throttle);
      See(StrCat("a limit forbids ", p_.limited->name, " to go on ", share, " of the time"),
          StrCat(p_.limited->name, " 스레드가 한도 때문에 멈춘 시간 비율 ", share));
      return;
    }
    if (p_.busiest != nullptr) {
      const bool disk = found == Bottleneck::kDisk;
      const WorkerShare& w = disk ? *p_.storing : *p_.busiest;
      See(StrCat(disk ? "the worker that the disk holds up most, " : "the busiest worker, ", w.name,
                 ": ", Percent(w.process), " processing, ", Percent(w.poll), " taking records, ",
                 Percent(w.idle), " idle; beside that ", Percent(w.commit),
                 " waiting for the broker to commit, ", Percent(w.store), " writing state"),
          StrCat(disk ? "디스크를 가장 오래 기다리는 워커 " : "가장 바쁜 워커 ", w.name, ": 처리 ",
                 Percent(w.process), ", 레코드 읽기 ", Percent(w.poll), ", 유휴 ", Percent(w.idle),
                 "; 병행: 브로커 커밋 대기 ", Percent(w.commit), ", 상태 쓰기 ", Percent(w.store)));
    }
    if (found == Bottleneck::kBroker) {
      See(StrCat("a commit takes ", Rounded(m_.commit_ms),
                 " ms on average; the broker answers a send after ", Rounded(m_.ack_ms), " ms"),
          StrCat("커밋 1회 평균 ", Rounded(m_.commit_ms), " ms, 전송에 대한 브로커 응답 ",
                 Rounded(m_.ack_ms), " ms"));
    }
    if (found == Bottleneck::kDisk) SeeDisk();
    if (p_.event > 0 && found != Bottleneck::kBroker && found != Bottleneck::kDisk) SeeCost();
    if (found == Bottleneck::kHotPartition) {
      See(StrCat("partition ", p_.hottest, " gets ", Percent(p_.hottest_share),
                 " of all events, of ", m_.arrivals.size(), " partitions"),
          StrCat("파티션 ", m_.arrivals.size(), "개 중 ", p_.hottest, "번이 전체 이벤트의 ",
                 Percent(p_.hottest_share), "를 받습니다"));
    }
    if (m_.machine_busy) {
      See(StrCat("the machine's ", m_.cores, " cores are ", Percent(*m_.machine_busy),
                 " busy; the engine uses ", Rounded(m_.engine_cores), " of them"),
          StrCat("코어 ", m_.cores, "개의 사용률 ", Percent(*m_.machine_busy), ", 그중 엔진이 ",
                 Rounded(m_.engine_cores), "개 사용"));
    }
  }

  void SeeDisk() {
    if (m_.disk_busy) {
      See(StrCat("the disk of data_dir is busy ", Percent(*m_.disk_busy), " of the time"),
          StrCat("data_dir 디스크 사용 시간 비율 ", Percent(*m_.disk_busy)));
    }
    if (m_.io_pressure) {
      See(StrCat("some process of the machine waits for a disk ", Percent(*m_.io_pressure),
                 " of the time"),
          StrCat("시스템 프로세스의 디스크 대기 시간 비율 ", Percent(*m_.io_pressure)));
    }
    if (m_.state_bytes_per_second <= 0) return;
    See(StrCat(Rounded(m_.state_bytes_per_second / 1e6), " MB of state are written a second"),
        StrCat("초당 상태 쓰기 ", Rounded(m_.state_bytes_per_second / 1e6), " MB"));
  }

  bool OthersUseIt() const {
    return m_.machine_busy.value_or(0) >= kBusyMachine &&
           m_.engine_cores < 0.5 * *m_.machine_busy * m_.cores;
  }

  void SeeCost() {
    std::string english =
        StrCat("an event takes ", Rounded(p_.event * 1e6), " µs of a scoring thread");
    std::string korean =
        StrCat("이벤트 1건에 채점 스레드 시간 ", Rounded(p_.event * 1e6), " µs 소요");
    if (const StageTime* const stage = Dearest(m_)) {
      english += StrCat(", of which ", stage->name, " takes ", Rounded(stage->micros));
      korean += StrCat(", 그중 ", stage->name, " 단계 ", Rounded(stage->micros), " µs");
    }
    See(StrCat(english, "; ", Rounded(m_.target), " events/s so need ", p_.needed,
               " of them, there are ", p_.threads),
        StrCat(korean, "; 초당 ", Rounded(m_.target), "건에는 스레드 ", p_.needed,
               "개가 필요하고 현재 ", p_.threads, "개입니다"));
  }

  void Advice() {
    switch (verdict_.bottleneck) {
      case Bottleneck::kNone:
        return;
      case Bottleneck::kLoader:
        Do("run the load test on another machine than engine and broker, or with a lower --target; "
           "this result is not valid",
           "엔진·브로커와 다른 장비에서 실행하거나 --target을 낮추십시오. 이 결과는 유효하지 "
           "않습니다");
        return;
      case Bottleneck::kBroker:
        Do("look at the broker: its disks, its network, replicas that lag; fewer, larger commits "
           "cost it less: raise commit.min_interval and commit.max_records",
           "브로커의 디스크, 네트워크, 지연된 복제본을 점검하십시오. commit.min_interval과 "
           "commit.max_records를 올리면 커밋 횟수가 줄어 브로커 부담이 줄어듭니다");
        return;
      case Bottleneck::kDisk:
        Do("put data_dir on a faster disk of its own; raise state.write_buffer to write less "
           "often, state.profiles and state.block_cache to read less",
           "data_dir을 더 빠른 전용 디스크에 두십시오. state.write_buffer를 올리면 쓰기가, "
           "state.profiles와 state.block_cache를 올리면 읽기가 줄어듭니다");
        return;
      case Bottleneck::kThreads:
        Do(StrCat("score with more threads: bongsu run --threads ",
                  std::min<double>(p_.needed, p_.useful),
                  ", or start more processes of the same group"),
           StrCat("채점 스레드를 늘리십시오: bongsu run --threads ",
                  std::min<double>(p_.needed, p_.useful), " 또는 같은 그룹의 프로세스 추가"));
        return;
      case Bottleneck::kCpu:
        if (OthersUseIt()) {
          Do("give the engine cores of its own: most of what this machine does is not the engine's",
             "엔진 전용 코어를 확보하십시오. 이 장비의 CPU는 대부분 다른 프로세스가 사용합니다");
          return;
        }
        if (p_.busiest != nullptr && !Scores(*p_.busiest)) {
          Do("ingest holds up: start more processes with --roles ingest; each takes its share of "
             "the partitions of sources[].topic",
             "수집 단계가 병목입니다. --roles ingest 프로세스를 추가하십시오. sources[].topic의 "
             "파티션을 나누어 맡습니다");
          return;
        }
        Do("add cores or machines: as many more processes as kafka.partitions allows share the "
           "partitions; raise kafka.partitions (bongsu state reshard) when there are no more of "
           "them",
           "코어나 장비를 추가하십시오. kafka.partitions 수만큼 프로세스가 파티션을 나누어 "
           "맡습니다. 부족하면 kafka.partitions를 늘리십시오(bongsu state reshard)");
        return;
      case Bottleneck::kHotPartition:
        Do("find who fills it: one person's events stay in one partition and in order, so take "
           "service accounts and batch jobs out before sources[].topic; more partitions "
           "(kafka.partitions, bongsu state reshard) help where several busy people share one",
           "누가 채우는지 확인하십시오. 한 사람의 이벤트는 한 파티션에서 순서대로 처리되므로 "
           "서비스 계정과 배치 작업은 sources[].topic 이전에 제외하십시오. 바쁜 사용자가 여럿이면 "
           "kafka.partitions를 늘리십시오(bongsu state reshard)");
        return;
      case Bottleneck::kFeatures: {
        const StageTime* const stage = Dearest(m_);
        const std::string where =
            stage != nullptr && stage->name == "detect" ? "detect" : "features";
        Do(StrCat("shorten `", where,
                  ":`, whose work is done for every event: drop what no detector uses, and prefer "
                  "half_life to window; or add machines until there are ",
                  p_.needed, " cores for scoring"),
           StrCat("`", where,
                  ":` 목록을 줄이십시오. 모든 이벤트마다 계산됩니다. 탐지기가 쓰지 않는 항목을 "
                  "빼고 window 대신 half_life를 쓰거나, 채점용 코어가 ",
                  p_.needed, "개가 되도록 장비를 추가하십시오"));
        return;
      }
      case Bottleneck::kLimit: {
        const std::string setting =
            Scores(*p_.limited) ? "limits.events_per_second" : "sources[].events_per_second";
        Do(StrCat("raise ", setting, ", or take it away: it is lower than the target"),
           StrCat(setting, " 한도가 목표보다 낮습니다. 한도를 올리거나 없애십시오"));
        return;
      }
      case Bottleneck::kUnknown:
        Do(m_.workers.empty()
               ? "let loadtest read the engine's figures (--metrics, http.ops.listen): without "
                 "them it sees only from outside"
               : "no thread is full: a goal below commit.interval and commit.min_interval cannot "
                 "be met; lower them, or the goal is too strict for this network",
           m_.workers.empty()
               ? "loadtest가 엔진 지표를 읽게 하십시오(--metrics, http.ops.listen)"
               : "포화된 스레드가 없습니다. commit.interval과 commit.min_interval보다 짧은 목표는 "
                 "달성할 수 없으니 이를 낮추거나 목표를 완화하십시오");
        return;
    }
  }

  const Picture& p_;
  const Measurements& m_;
  const bool korean_;
  Verdict& verdict_;
};

}  // namespace

std::string_view Name(Bottleneck bottleneck) {
  constexpr std::array<std::string_view, 10> kNames = {
      "none", "loader",        "broker",   "disk",  "threads",
      "cpu",  "hot_partition", "features", "limit", "unknown"};
  return kNames[static_cast<size_t>(bottleneck)];
}

bool Scores(const WorkerShare& worker) {
  return worker.name.find("score") != std::string::npos;
}

Verdict Judge(const Measurements& measured, Language language) {
  const Picture picture(measured);
  Verdict verdict;
  verdict.bottleneck = Find(picture);
  Words(picture, language, &verdict).Write();
  return verdict;
}

}  // namespace bongsu::loadtest
