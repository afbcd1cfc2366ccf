// The log of pipeline_driver.h that fails when it is told to.
#include <algorithm>
#include <map>

#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {

void FaultyLog::FailAt(Call call, int nth, Fault fault, int times) {
  fail_call_ = call;
  fail_nth_ = calls(call) + nth;
  fail_times_ = times;
  fault_ = fault;
  failed_ = false;
}

bool FaultyLog::Turn(Call call, Fault* fault) {
  const int nth = ++calls_[static_cast<size_t>(call)];
  if (call != fail_call_ || nth < fail_nth_ || nth >= fail_nth_ + fail_times_) return false;
  failed_ = true;
  *fault = fault_;
  return true;
}

Status FaultyLog::Count(Call call) {
  Fault fault;
  if (!Turn(call, &fault)) return Status::Ok();
  if (fault == Fault::kFenced) return Status::Fenced("another owner took over");
  return Status::Unavailable(StrCat("the broker is away, at call ", static_cast<int>(call)));
}

class FaultyLog::FaultyTransaction final : public Transaction {
 public:
  FaultyTransaction(FaultyLog& log, std::unique_ptr<Transaction> inner)
      : log_(log), inner_(std::move(inner)) {}
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kAppend));
    ++appended_[{std::string(topic), partition}];
    return inner_->Append(topic, partition, key, value, headers);
  }
  bool Join(const WriteBatch& batch) override { return log_.shared_ && inner_->Join(batch); }
  Outcome Commit(Duration timeout) override {
    Fault fault;
    if (log_.Turn(Call::kCommit, &fault)) {
      if (fault == Fault::kUnknownCommitted) Expect(inner_->Commit(timeout));
      inner_.reset();
      log_.rebalance_ |= fault == Fault::kRebalanced;
      return fault == Fault::kFenced                                   ? Outcome::kFenced
             : fault == Fault::kAborted || fault == Fault::kRebalanced ? Outcome::kAborted
                                                                       : Outcome::kUnknown;
    }
    const Outcome outcome = inner_->Commit(timeout);
    for (auto& [to, count] : appended_) ends_[to] = EndOf(to);
    return outcome;
  }
  std::optional<int64_t> NextOffset(std::string_view topic, int32_t partition) const override {
    const auto end = ends_.find({std::string(topic), partition});
    return end == ends_.end() ? std::nullopt : std::optional(end->second);
  }

 private:
  static void Expect(Outcome outcome) { BONGSU_CHECK(outcome == Outcome::kCommitted); }
  int64_t EndOf(const TopicPartition& of) {
    auto reader = *log_.log_.NewReader(of, 0);
    const auto batch = reader->NewBatch();
    for (bool at_end = false; !at_end;)
      BONGSU_CHECK(reader->Poll(Duration(0), batch.get(), &at_end).ok());
    return reader->next();
  }
  FaultyLog& log_;
  std::unique_ptr<Transaction> inner_;
  std::map<TopicPartition, int64_t> appended_, ends_;

  friend class FaultyConsumer;
};

class FaultyLog::FaultyProducer final : public Producer {
 public:
  FaultyProducer(FaultyLog& log, std::unique_ptr<Producer> inner)
      : log_(log), inner_(std::move(inner)) {}
  Result<std::unique_ptr<Transaction>> Begin() override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kBegin));
    BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Transaction> transaction, inner_->Begin());
    return std::unique_ptr<Transaction>(
        std::make_unique<FaultyTransaction>(log_, std::move(transaction)));
  }

 private:
  FaultyLog& log_;
  std::unique_ptr<Producer> inner_;
};

class FaultyLog::FaultyConsumer final : public Consumer {
 public:
  FaultyConsumer(FaultyLog& log, std::unique_ptr<Consumer> inner)
      : log_(log), inner_(std::move(inner)) {}
  Status Join() override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kJoin));
    return inner_->Join();
  }
  Result<AssignmentChange> PollAssignment(Duration timeout) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kPollAssignment));
    BONGSU_ASSIGN_OR_RETURN(AssignmentChange change, inner_->PollAssignment(timeout));
    for (const TopicPartition& gained : change.gained) owned_.push_back(gained);
    if (std::exchange(log_.rebalance_, false) && !owned_.empty()) {
      change.lost.push_back(owned_.front());
      change.gained.push_back(owned_.front());
    }
    return change;
  }
  Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                   Duration timeout) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kCommitted));
    return inner_->Committed(from, timeout);
  }
  Status Assign(const TopicPartition& from, std::optional<int64_t> next) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kAssign));
    if (next) next = std::max<int64_t>(0, *next - log_.refetch);
    return inner_->Assign(from, next);
  }
  Status Poll(const TopicPartition& from, size_t max, Duration timeout,
              RecordBatch* batch) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kPoll));
    return inner_->Poll(from, max, timeout, batch);
  }
  std::unique_ptr<RecordBatch> NewBatch() override { return inner_->NewBatch(); }
  void Wait(Duration) override {
    if (log_.on_wait) log_.on_wait();
  }
  bool AtEnd(const TopicPartition& from) const override { return inner_->AtEnd(from); }
  int64_t Lag(const TopicPartition& from) const override { return inner_->Lag(from); }
  Status SavePositions(Transaction& transaction, std::span<const Position> positions) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kSavePositions));
    return inner_->SavePositions(*static_cast<FaultyTransaction&>(transaction).inner_, positions);
  }

 private:
  FaultyLog& log_;
  std::unique_ptr<Consumer> inner_;
  std::vector<TopicPartition> owned_;
};

class FaultyLog::FaultyReader final : public Reader {
 public:
  FaultyReader(FaultyLog& log, std::unique_ptr<Reader> inner)
      : log_(log), inner_(std::move(inner)) {}
  Status Poll(Duration timeout, RecordBatch* batch, bool* at_end) override {
    BONGSU_RETURN_IF_ERROR(log_.Count(Call::kReaderPoll));
    return inner_->Poll(timeout, batch, at_end);
  }
  std::unique_ptr<RecordBatch> NewBatch() override { return inner_->NewBatch(); }
  int64_t next() const override { return inner_->next(); }

 private:
  FaultyLog& log_;
  std::unique_ptr<Reader> inner_;
};

Result<std::unique_ptr<Consumer>> FaultyLog::NewConsumer(std::string_view group,
                                                         std::string_view member,
                                                         std::span<const std::string> topics) {
  BONGSU_RETURN_IF_ERROR(Count(Call::kNewConsumer));
  members.emplace_back(member);
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Consumer> consumer,
                          log_.NewConsumer(group, member, topics));
  return std::unique_ptr<Consumer>(std::make_unique<FaultyConsumer>(*this, std::move(consumer)));
}

Result<std::unique_ptr<Producer>> FaultyLog::NewProducer(std::string_view id) {
  BONGSU_RETURN_IF_ERROR(Count(Call::kNewProducer));
  if (open && open->id == id) open.reset();
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Producer> producer, log_.NewProducer(id));
  return std::unique_ptr<Producer>(std::make_unique<FaultyProducer>(*this, std::move(producer)));
}

Result<std::unique_ptr<Reader>> FaultyLog::NewReader(const TopicPartition& from, int64_t next) {
  BONGSU_RETURN_IF_ERROR(Count(Call::kNewReader));
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, log_.NewReader(from, next));
  return std::unique_ptr<Reader>(std::make_unique<FaultyReader>(*this, std::move(reader)));
}

}  // namespace bongsu
