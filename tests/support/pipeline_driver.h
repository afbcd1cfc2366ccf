// Drives the pipeline as the program does, with small parts whose doings a test can follow:
// operators that count, alarm, learn, wait and break; a decoder of plain words; a log that behaves
// as Kafka does (state and log apart) or as the embedded one, and that fails at the call a test
// names.
//
//   Bank bank;                                  // A log of its own, in memory.
//   bank.Send({"1 ann VIEW 60", "2 ann BOOM 61"});
//   bank.RunScore();                            // Until everything is scored and committed.
//   CHECK(bank.Read("alerts").size() == 1);
//
// An event is `<id> <user> <action> <second> [<source>]`. Its user's third, sixth, … one alarms; an
// action BOOM breaks after it has written everywhere; WAIT asks for a timer an hour later.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/codec.h"
#include "engine/core/log.h"
#include "engine/core/metrics.h"
#include "engine/io/embedded/embedded_log.h"
#include "engine/pipeline/score_factory.h"
#include "engine/pipeline/worker.h"
#include "state/memory/memory_store.h"

namespace bongsu {

// Stands still unless somebody sleeps.
class TestClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  void SleepFor(Duration d) const override {
    now += d;
    if (on_sleep) on_sleep();
  }
  mutable Timestamp now = FromMillis(1'000'000);
  std::function<void()> on_sleep;
};

// Sums by name and labels: "dead_letters_total{reason=json}".
class TestMetrics final : public Metrics {
 public:
  Counter& GetCounter(std::string_view name, Labels labels) override;
  Gauge& GetGauge(std::string_view name, Labels labels) override;
  Histogram& GetHistogram(std::string_view name, Labels labels) override;
  double operator[](const std::string& name) const;
  bool Has(const std::string& name) const { return cells_.contains(name); }

 private:
  class Cell;
  std::map<std::string, std::shared_ptr<Cell>> cells_;
};

// Forgets less and less of what it has learned: order and every bit matter.
class FoldingModel final : public Model {
 public:
  explicit FoldingModel(double weight) : weight_(weight) {}
  double Score(std::span<const double> x) const noexcept override;
  void Learn(std::span<const double> x) noexcept override;
  void Contributions(std::span<const double> x, std::span<double> out) const noexcept override;
  double Maturity() const noexcept override { return learned_ == 0 ? 0 : 1; }
  std::string Save() const override;
  Status Load(std::string_view snapshot) override;

 private:
  double weight_, mean_ = 0;
  uint64_t learned_ = 0;
};

struct PartsOptions {
  double model_weight = 0.125;
  std::string model_inputs;
  std::vector<SlotInfo> more_slots;  // Stand before those of the operators.
  bool receipts = false;
};
// Pipeline, decoder and encoder of a shard; the store is the caller's.
ScoreParts MakeParts(const PartsOptions& options = {});

// Calls a log can be asked for, to fail at.
enum class Call {
  kNewConsumer,
  kNewProducer,
  kJoin,
  kPollAssignment,
  kCommitted,
  kAssign,
  kPoll,
  kBegin,
  kAppend,
  kSavePositions,
  kCommit,
  kNewReader,
  kReaderPoll,
  kCount
};
enum class Fault {
  kUnavailable,       // The call fails and does nothing.
  kAborted,           // Commit: nothing is visible.
  kUnknownCommitted,  // Commit: no answer, but it was done.
  kUnknownAborted,    // Commit: no answer, and it was not done.
  kFenced,            // Another owner took over.
  kRebalanced         // Commit: aborted, and the partition is lost and given back.
};

// An embedded log in memory behind the face of Kafka: state is not shared, commits tell offsets.
class FaultyLog final : public Log {
 public:
  FaultyLog(EmbeddedLog& log, bool shared) : log_(log), shared_(shared) {}
  // The `nth` (from 1) such call of all that come will fail, and those after it up to `times`.
  void FailAt(Call call, int nth, Fault fault = Fault::kUnavailable, int times = 1);
  int calls(Call call) const { return calls_[static_cast<size_t>(call)]; }
  bool failed() const { return failed_; }  // The fault asked for has happened.
  // Partitions to be lost and given back at the next PollAssignment.
  void Rebalance() { rebalance_ = true; }
  std::function<void()> on_wait;  // A consumer waits: the worker had nothing to do.
  // What the broker says of the group and of open transactions; a producer with the id of `open`
  // ends it.
  GroupView view;
  std::optional<OpenTransaction> open;
  std::vector<std::string> members;  // Of consumers made, by name.
  int64_t refetch = 0;               // So many records come again after Assign: a stale fetch.

  Result<std::unique_ptr<Consumer>> NewConsumer(std::string_view group, std::string_view member,
                                                std::span<const std::string> topics) override;
  Result<std::unique_ptr<Producer>> NewProducer(std::string_view id) override;
  Result<std::unique_ptr<Producer>> NewPlainProducer() override {
    return log_.NewProducer("plain");
  }
  Result<std::unique_ptr<Reader>> NewReader(const TopicPartition& from, int64_t next) override;
  Result<int32_t> Partitions(std::string_view topic) override { return log_.Partitions(topic); }
  Result<LogOffsets> Offsets(const TopicPartition& of) override { return log_.Offsets(of); }
  Result<std::optional<OpenTransaction>> FindOpenTransaction(const TopicPartition&) override {
    return open;
  }
  Result<GroupView> Describe(std::string_view) override { return view; }
  Result<std::string> Identity() override { return log_.Identity(); }
  KeyValueStore* shared_store() override { return shared_ ? log_.shared_store() : nullptr; }

 private:
  class FaultyConsumer;
  class FaultyProducer;
  class FaultyTransaction;
  class FaultyReader;
  Status Count(Call call);             // Unavailable when it is this one's turn to fail.
  bool Turn(Call call, Fault* fault);  // Counts; true when it is.

  EmbeddedLog& log_;
  const bool shared_;
  int calls_[static_cast<size_t>(Call::kCount) + 1] = {};  // The last never comes: no fault.
  Call fail_call_ = Call::kCount;
  int fail_nth_ = 0, fail_times_ = 1;
  Fault fault_ = Fault::kUnavailable;
  bool failed_ = false, rebalance_ = false;
};

// Runs a job when it has been asked for often enough, or is waited for: what may happen beside it
// has happened by then.
class LateExecutor final : public Executor {
 public:
  void Start(std::function<void()> job) override {
    job_ = std::move(job);
    asked_ = 0;
  }
  bool ended() const override {
    if (job_ && ++asked_ > kLate) Run();
    return job_ == nullptr;
  }
  void Wait() override {
    if (job_) Run();
  }
  void WaitFor(Duration) override {}

 private:
  static constexpr int kLate = 2;
  void Run() const { std::exchange(job_, nullptr)(); }
  mutable std::function<void()> job_;
  mutable int asked_ = 0;
};

// A store on loan: what it holds stays when a shard closes it.
struct Disk {
  MemoryKeyValueStore data;
  bool corrupt = false;  // Every read says so, until it is set aside.
  int opened = 0, set_aside = 0;
};

// One log, one disk a partition, and the workers on it.
class Bank {
 public:
  struct Options {
    int32_t partitions = 2;
    bool shared = false;  // Log and state in one database, as embedded.
    bool late = false;  // A batch is committed while the next one is worked on. Not with `shared`.
    size_t max_records = 10'000;
    bool at_least_once = false;
    size_t dedup_window = 1000;
    size_t cached_people = 100;
    SourceTimings timings;
    PartsOptions parts;                            // Of the version "own".
    std::map<std::string, PartsOptions> versions;  // Others; none: version events mean nothing.
  };
  Bank() : Bank(Options()) {}
  explicit Bank(Options options);
  ~Bank();

  // Events of one transaction, each to the partition of its user; a line that begins with `tick `
  // or another kind of control event goes to all.
  void Send(const std::vector<std::string>& lines);
  void SendTo(int32_t partition, std::string_view value, std::vector<Header> headers = {});
  // Runs the score worker until nothing is left, over whatever the log makes it suffer.
  Status RunScore();
  // "key value" of every record of a topic, by partition; headers but transactional.id and offset.
  std::vector<std::string> Read(const std::string& topic);
  // Everything published and every store, as one text: equal text, equal outcome.
  std::string Everything();
  std::string StateOf(int32_t partition);

  Options options;
  TestClock clock;
  TestMetrics metrics;
  std::map<TopicPartition, Disk> disks;
  std::vector<std::string> notes, reports;
  std::function<void(std::string_view note)> on_note;  // Beside `notes`.
  FaultyLog& log() { return *faulty_; }
  EmbeddedLog& raw() { return *embedded_; }
  ScoreFactory NewFactory();

 private:
  Result<std::unique_ptr<StateStore>> OpenDisk(const TopicPartition& from);
  MemoryKeyValueStore database_;
  std::unique_ptr<EmbeddedLog> embedded_;
  std::unique_ptr<FaultyLog> faulty_;
};

}  // namespace bongsu
