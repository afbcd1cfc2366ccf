#include "engine/pipeline/ingest.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

// Of 8 MiB that topic and producer take, with headers.
constexpr size_t kLargestDeadLetter = 7u << 20;

// What both kinds of ingest shards share: no state but the position, outputs until the commit.
class StatelessShard : public Shard {
 public:
  explicit StatelessShard(int64_t next) : next_(next) {}
  bool dirty() const override { return processed_ > 0; }
  bool urgent() const override { return false; }
  size_t bytes() const override { return outputs_.bytes(); }
  Outputs* early() override { return &outputs_; }
  int64_t next() const override { return next_; }
  void Prepare() override {
    prepared_counts_ = std::exchange(counts_, {});
    std::swap(outputs_, prepared_);
    prepared_next_ = next_;
    processed_ = 0;
  }
  int64_t prepared_next() const override { return prepared_next_; }
  Status AppendTo(Transaction& transaction) override { return prepared_.AppendTo(transaction); }
  Status Store(const Transaction&) override { return Status::Ok(); }
  void Committed() override { prepared_.Clear(); }

 protected:
  struct Counts {
    int64_t records = 0, events = 0, unknown = 0;
    std::map<std::string, int64_t> rejected;
  };
  Counts counts_, prepared_counts_;
  Outputs outputs_, prepared_;
  int64_t next_, prepared_next_ = 0;
  int64_t processed_ = 0;
};

}  // namespace

class Ingest::IngestShard final : public StatelessShard, private DecodeSink {
 public:
  IngestShard(Ingest& ingest, const IngestSource& source, TopicPartition from, int64_t next)
      : StatelessShard(next),
        ingest_(ingest),
        source_(source),
        from_(std::move(from)),
        decoder_(source.new_decoder()) {}

  Status Process(const Record& record) override {
    record_ = &record;
    next_ = record.offset + 1;
    ++processed_;
    ++counts_.records;
    ++ingest_.totals_.records;
    if (!record.broken.empty()) {
      OnRejected(0, record.value, {"limit", "", std::string(record.broken)});
    } else {
      decoder_->Decode(record.value, this);
    }
    ingest_.frontiers_[from_].at_end = false;
    return Status::Ok();
  }

  Status AtEnd() override {
    ingest_.frontiers_[from_].at_end = true;
    if (source_.file) ingest_.file_ended_ = true;
    return Status::Ok();
  }

  void Publish() override {
    const auto add = [&](std::string_view name, int64_t count, Metrics::Labels labels) {
      if (count > 0) ingest_.metrics_.GetCounter(name, labels).Add(static_cast<double>(count));
    };
    const Counts counts = std::exchange(prepared_counts_, {});
    add("events_consumed_total", counts.records, {{"source", source_.name}});
    add("events_ingested_total", counts.events, {{"source", source_.name}});
    add("unknown_members_total", counts.unknown, {{"source", source_.name}});
    for (const auto& [reason, count] : counts.rejected)
      add("dead_letters_total", count, {{"reason", reason}});
  }

 private:
  void OnEvent(const Canonical& event) override {
    Frontier& frontier = ingest_.frontiers_[from_];
    if (const std::optional<Rejection> rejection = CheckTime(event.time)) {
      OnRejected(event.index, record_->value, *rejection);
      return;
    }
    frontier.reached = std::max(frontier.reached.value_or(event.time), event.time);
    ingest_.reached_ = std::max(ingest_.reached_.value_or(event.time), event.time);
    const Origin origin{source_.name, from_.partition, record_->offset, event.index};
    outputs_.Add(ingest_.options_.topics.events,
                 PartitionOf(event.user_id, ingest_.options_.event_partitions), event.user_id,
                 event.json, {{kOriginHeader, FormatOrigin(origin)}});
    ++counts_.events;
    counts_.unknown += event.unknown_members;
    ++ingest_.totals_.events;
    ingest_.totals_.mapped += event.mapped;
    ingest_.totals_.members += event.members;
  }

  void OnRejected(uint32_t index, std::string_view bytes, const Rejection& rejection) override {
    ++counts_.rejected[rejection.reason];
    ++ingest_.totals_.dead_letters;
    const std::string partition = StrCat(from_.partition), offset = StrCat(record_->offset);
    // What no broker would take stays where it is: its position says where.
    const bool fits = bytes.size() <= kLargestDeadLetter;
    outputs_.Add(ingest_.options_.topics.dead_letters,
                 from_.partition % ingest_.options_.dead_letter_partitions,
                 StrCat(source_.name, ':', partition, ':', offset, ':', index),
                 fits ? bytes : std::string_view(),
                 {{"reason", rejection.reason},
                  {"field", rejection.field},
                  {"message", rejection.message},
                  {"topic", from_.topic},
                  {"partition", partition},
                  {"offset", offset},
                  {"index", StrCat(index)},
                  {"kept", fits ? "whole" : "by position"}});
  }

  // Far in the future, a time is wrong. Files have no clock of their own: there a jump ahead of all
  // before is, unless the next record confirms it (a log that was silent for weeks costs one dead
  // letter, not all that follow). An old event among new ones makes none of them a jump.
  std::optional<Rejection> CheckTime(Timestamp time) {
    if (!source_.file) {
      if (time <= record_->timestamp + source_.future_tolerance) return std::nullopt;
      return Rejection{
          "future", "time",
          StrCat(
              "event time is more than ", FormatDuration(source_.future_tolerance),
              " ahead of the record's timestamp; check the clock and the time zone of the source")};
    }
    const bool jumped = before_ && time > std::max(*before_, newest_) + source_.max_jump;
    before_ = time;
    if (!jumped) {
      newest_ = std::max(newest_, time);
      return std::nullopt;
    }
    return Rejection{
        "future", "time",
        StrCat("event time is more than ", FormatDuration(source_.max_jump),
               " ahead of the events before it in the file; check the time or raise max_jump")};
  }

  Ingest& ingest_;
  const IngestSource& source_;
  const TopicPartition from_;
  std::unique_ptr<SourceDecoder> decoder_;
  const Record* record_ = nullptr;
  std::optional<Timestamp> before_;
  Timestamp newest_ = Timestamp::min();  // Of those that were no jump.
};

// Carries decisions into bongsu.events as control events, so that they have a position among the
// events.
class Ingest::DecisionShard final : public StatelessShard {
 public:
  DecisionShard(Ingest& ingest, TopicPartition from, int64_t next)
      : StatelessShard(next), ingest_(ingest), from_(std::move(from)) {}
  Status Process(const Record& record) override {
    next_ = record.offset + 1;
    ++processed_;
    const Origin origin{from_.topic, from_.partition, record.offset, 0};
    outputs_.Add(ingest_.options_.topics.events,
                 PartitionOf(record.key, ingest_.options_.event_partitions), record.key,
                 record.value, {{kTypeHeader, kDecision}, {kOriginHeader, FormatOrigin(origin)}});
    return Status::Ok();
  }

 private:
  Ingest& ingest_;
  const TopicPartition from_;
};

// Nothing has to be brought forward.
class Ingest::IngestOpening final : public Opening {
 public:
  explicit IngestOpening(Opened opened) : opened_(std::move(opened)) {}
  Result<std::optional<Opened>> Step() override {
    return std::optional<Opened>(std::move(opened_));
  }

 private:
  Opened opened_;
};

Ingest::Ingest(IngestPlan options, std::unique_ptr<StrayTransactions> stray, Metrics& metrics)
    : options_(std::move(options)), stray_(std::move(stray)), metrics_(metrics) {
  for (const auto& [topic, source] : options_.sources) {
    for (const std::string_view name :
         {"events_consumed_total", "events_ingested_total", "unknown_members_total"}) {
      metrics_.GetCounter(name, {{"source", source.name}});  // A silent source is seen as such.
    }
  }
}
Ingest::~Ingest() = default;

Result<std::unique_ptr<Opening>> Ingest::Open(const TopicPartition& from,
                                              std::optional<int64_t> committed) {
  if (stray_) stray_->Watch({options_.topics.ingest_state, 0});
  std::unique_ptr<Shard> shard;
  if (from.topic == options_.topics.decisions) {
    if (from.partition == 0) BONGSU_RETURN_IF_ERROR(TakeControl());
    shard = std::make_unique<DecisionShard>(*this, from, committed.value_or(0));
  } else {
    const auto source = options_.sources.find(from.topic);
    if (source == options_.sources.end()) {
      return Status::Internal(StrCat("ingest: no source reads \"", from.topic, "\""));
    }
    if (source->second.file) BONGSU_RETURN_IF_ERROR(TakeControl());
    frontiers_[from] = {};
    shard = std::make_unique<IngestShard>(*this, source->second, from, committed.value_or(0));
  }
  return std::unique_ptr<Opening>(
      std::make_unique<IngestOpening>(Opened{std::move(shard), committed}));
}

Status Ingest::TakeControl() {
  if (options_.announcer) BONGSU_RETURN_IF_ERROR(options_.announcer->Gained());
  writes_control_ = true;
  return Status::Ok();
}

Status Ingest::OnUnsettled(const TopicPartition&) {
  return stray_ ? stray_->End({options_.topics.ingest_state, 0}).status() : Status::Ok();
}

Status Ingest::Sign(Transaction& transaction) {
  if (!stray_) return Status::Ok();
  const Header header{kTransactionHeader, options_.transactional_id};
  return transaction.Append(options_.topics.ingest_state, 0, options_.transactional_id, "",
                            {&header, 1});
}

void Ingest::OnLost(const TopicPartition& from) {
  frontiers_.erase(from);
  if (from.topic == options_.topics.decisions && from.partition == 0) writes_control_ = false;
}

void Ingest::OnCommitted() {
  committed_tick_ = last_tick_;
  if (options_.announcer) options_.announcer->OnCommitted();
}

// Should it be committed after all, saying it twice changes nothing.
void Ingest::OnReset() {
  last_tick_ = committed_tick_;
  if (options_.announcer) options_.announcer->OnReset();
}

void Ingest::OnTurn(Timestamp now, Outputs* outputs) {
  if (stray_) stray_->LookAtWatched();
  if (options_.announcer) options_.announcer->OnTurn(writes_control_, outputs);
  if (!writes_control_) return;
  const bool file_ended = std::exchange(file_ended_, false);
  if (!file_ended && now - last_tick_at_ < options_.tick_interval) return;
  const std::optional<Timestamp> time = file_ended ? reached_ : TickTime(now);
  if (!time || (last_tick_ && *time <= *last_tick_)) return;
  last_tick_ = time;
  last_tick_at_ = now;
  const std::string ms = StrCat(ToMillis(*time));
  const std::string json = StrCat("{\"kind\":\"tick\",\"time\":\"", ms, "\"}");
  for (int32_t partition = 0; partition < options_.event_partitions; ++partition) {
    outputs->Add(options_.topics.events, partition, "", json,
                 {{kTypeHeader, kTick}, {kTimeHeader, ms}});
  }
}

// The time that every partition read here has reached: now for those at their end, else their
// furthest event.
std::optional<Timestamp> Ingest::TickTime(Timestamp now) const {
  std::optional<Timestamp> lowest;
  for (const auto& [from, frontier] : frontiers_) {
    if (options_.sources.at(from.topic).file) continue;  // Their own end says it.
    if (!frontier.at_end && !frontier.reached) return std::nullopt;
    const Timestamp reached = frontier.at_end ? now : *frontier.reached;
    lowest = std::min(lowest.value_or(reached), reached);
  }
  return lowest;
}

}  // namespace bongsu
