#include "operators/score/risk.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/math.h"
#include "engine/base/strings.h"
#include "operators/models/tail.h"
#include "operators/score/held.h"

namespace bongsu {
namespace {

struct Options {
  Duration half_life = std::chrono::hours(24);
  bool people = true;

  static const FieldTable<Options>& Fields() {
    static const auto table =
        FieldTable<Options>()
            .Field("half_life", &Options::half_life, "In which a person's risk falls by half.")
            .Min(1)
            .Field(
                "people", &Options::people,
                "Whether a person's risk is kept and told of; without it there is that of events "
                "alone.");
    return table;
  }
};

constexpr char kHeldKind = 'r';
constexpr char kRecentKind = 'e';
constexpr size_t kRecent = 5;       // Events kept of a person.
constexpr double kRiskyEvent = 40;  // The lowest band that is worth a look.
constexpr double kForget = 1;       // Below it a person has no risk.
constexpr double kFreeEvents =
    50;  // A half-life; who has more loses points for having more chances.
constexpr Duration kPause = std::chrono::seconds(1);

// A person's memory, as it lies in the slot; zeros at first. Times are microseconds, 0 is never.
struct Memory {
  double risk;    // At `time`.
  double events;  // Decayed count at `time`.
  double sent;    // Of the last UserRisk, at `sent_time`.
  int64_t time;
  int64_t sent_time;
  int64_t timer;
  double held_gain;  // By how much the event that is held raised the risk.
  uint8_t known;     // Readers have a UserRisk.
  uint8_t held;      // A change waits under kHeldKind.
};
constexpr size_t kMemoryBytes = 7 * 8 + 2;

struct MemoryGuard {
  explicit MemoryGuard(std::span<std::byte> bytes) : slot(bytes) {
    std::memcpy(&memory, slot.data(), kMemoryBytes);
  }
  void Store() { std::memcpy(slot.data(), &memory, kMemoryBytes); }
  std::span<std::byte> slot;
  Memory memory{};
};

double DecibelSum(double a, double b) {
  constexpr double kLog2Of10 = 3.321928094887362;
  if (b <= 0) return a;
  const double sum = Exp2(a / 10 * kLog2Of10) + Exp2(b / 10 * kLog2Of10) - 1;
  return std::clamp(10 * Log10(sum), std::max(a, b), 100.0);
}

// The harmonic mean of the detectors' tail probabilities, by maturity: valid as a probability
// however they depend on each other, up to a factor (Wilson, PNAS 2019).
double EventTail(std::span<const Finding> findings) {
  if (findings.size() == 1) return findings[0].tail;
  double weights = 0, chances = 0;
  for (const Finding& finding : findings) {
    weights += finding.maturity;
    chances += finding.maturity / finding.tail;
  }
  return weights > 0 ? weights / chances : 1;
}

Cause CauseOf(const Event& event) {
  return {std::string(event.origin.source), event.origin.partition, event.origin.offset,
          event.origin.index};
}

int64_t Micros(Timestamp t) {
  return t.time_since_epoch().count();
}

void JudgeEvent(Verdict* verdict) {
  verdict->tail = EventTail(verdict->findings);
  verdict->risk = verdict->user_risk = RiskOfTail(verdict->tail);
}

// Without people.
class EventRisk final : public Operator {
 public:
  Result<Flow> Process(Event&, Context& context) override {
    JudgeEvent(&context.verdict());
    return Flow::kNext;
  }
};

class Risk final : public Operator {
 public:
  Risk(const Options& options, PipelineSchema* schema)
      : half_life_(options.half_life),
        slot_(schema->AddSlot(
            {StrCat("risk of a person, half_life ", FormatDuration(half_life_)), kMemoryBytes})) {
    for (const FeatureInfo& info : schema->features()) features_.push_back(info.name);
  }

  Result<Flow> Process(Event& event, Context& context) override {
    Verdict& verdict = context.verdict();
    JudgeEvent(&verdict);
    MemoryGuard guard(context.Slot(slot_));
    Memory& memory = guard.memory;
    const double gain = Add(verdict.risk, Micros(event.time), &memory);
    verdict.user_risk = memory.risk;
    if (verdict.risk >= kRiskyEvent) BONGSU_RETURN_IF_ERROR(Remember(event, verdict.risk, context));
    if (WorthSending(memory)) {
      if (memory.known != 0 && memory.time - memory.sent_time < kPause.count()) {
        Hold(gain, event, &memory, context);
      } else {
        UserRisk report = Report(memory, event, context);
        BONGSU_ASSIGN_OR_RETURN(report.recent, Recent(context));
        Send(std::move(report), &memory, context);
      }
    }
    Arm(&memory, context);
    guard.Store();
    return Flow::kNext;
  }

  Status OnTimer(Timestamp at, Context& context) override {
    MemoryGuard guard(context.Slot(slot_));
    Memory& memory = guard.memory;
    memory.timer = 0;
    const int64_t now = Micros(at);
    if (memory.held != 0 && now >= memory.sent_time + kPause.count()) {
      BONGSU_RETURN_IF_ERROR(SendHeld(now, &memory, context));
    }
    if (memory.known != 0 && memory.held == 0 && now >= ForgottenAt(memory)) {
      UserRisk gone;
      gone.user = context.user();
      gone.as_of = at;
      gone.half_life = half_life_;
      gone.tombstone = true;
      context.Emit(std::move(gone));
      context.Delete(kRecentKind);
      memory.known = 0;
      memory.sent = 0;
    }
    Arm(&memory, context);
    guard.Store();
    return Status::Ok();
  }

 private:
  double Left(int64_t micros) const {
    return micros <= 0
               ? 1
               : Exp2(-static_cast<double>(micros) / static_cast<double>(half_life_.count()));
  }

  // Returns by how much the event raised the risk.
  double Add(double risk, int64_t time, Memory* memory) const {
    // A late event meets the person as of now, with what decay has left of it.
    const int64_t age = memory->time == 0 ? 0 : std::max<int64_t>(0, memory->time - time);
    const double left = memory->time == 0 ? 1 : Left(time - memory->time);
    memory->time = memory->time == 0 ? time : std::max(memory->time, time);
    memory->events = memory->events * left + Left(age);
    const double lost = memory->events > kFreeEvents ? 20 * Log10(memory->events / kFreeEvents) : 0;
    const double before = memory->risk * left;
    memory->risk = DecibelSum(before, (risk - lost) * Left(age));
    return memory->risk - before;
  }

  static Result<std::vector<RiskyEvent>> Recent(Context& context) {
    std::string bytes;
    BONGSU_ASSIGN_OR_RETURN(const bool found, context.Get(kRecentKind, &bytes));
    if (!found) return std::vector<RiskyEvent>();
    return DecodeRecent(bytes);
  }

  // The newest first; of too many the least risky goes, of equals the oldest.
  static Status Remember(const Event& event, double risk, Context& context) {
    BONGSU_ASSIGN_OR_RETURN(std::vector<RiskyEvent> events, Recent(context));
    const auto newer = [&](const RiskyEvent& known) { return known.time > event.time; };
    const auto at = std::find_if_not(events.begin(), events.end(), newer);
    events.insert(at, {event.time, risk, CauseOf(event)});
    if (events.size() > kRecent) {
      events.erase(
          std::min_element(events.rbegin(), events.rend(),
                           [](const RiskyEvent& a, const RiskyEvent& b) { return a.risk < b.risk; })
              .base() -
          1);
    }
    context.Put(kRecentKind, EncodeRecent(events));
    return Status::Ok();
  }

  bool WorthSending(const Memory& memory) const {
    if (memory.known == 0) return memory.risk >= kForget;
    const double seen = memory.sent * Left(memory.time - memory.sent_time);
    return std::abs(memory.risk - seen) >= 1 || SeverityOf(memory.risk) != SeverityOf(seen);
  }

  UserRisk Report(const Memory& memory, const Event& event, Context& context) const {
    UserRisk report;
    report.user = context.user();
    report.score = memory.risk;
    report.as_of = Timestamp(Duration(memory.time));
    report.half_life = half_life_;
    report.contributions = context.Explain(event);
    for (size_t i = 0; i < features_.size(); ++i) {
      if (std::isfinite(event.features[i]))
        report.features.emplace_back(features_[i], event.features[i]);
    }
    report.cause = CauseOf(event);
    return report;
  }

  // Of several events within the pause, the one that moved the risk most is told of.
  void Hold(double gain, const Event& event, Memory* memory, Context& context) const {
    if (memory->held != 0 && gain <= memory->held_gain) return;
    context.Put(kHeldKind, EncodeHeldRisk(Report(*memory, event, context)));
    memory->held = 1;
    memory->held_gain = gain;
  }

  void Send(UserRisk report, Memory* memory, Context& context) const {
    if (memory->held != 0) context.Delete(kHeldKind);
    memory->held = 0;
    memory->known = 1;
    memory->sent = report.score;
    memory->sent_time = Micros(report.as_of);
    context.Emit(std::move(report));
  }

  // The change waited for its second to pass; it goes out with the risk of now.
  Status SendHeld(int64_t now, Memory* memory, Context& context) const {
    std::string bytes;
    BONGSU_ASSIGN_OR_RETURN(const bool found, context.Get(kHeldKind, &bytes));
    if (!found)
      return Status::Corrupt("risk: a change of risk that was held back is not in the state");
    BONGSU_ASSIGN_OR_RETURN(UserRisk report, DecodeHeldRisk(bytes));
    const int64_t as_of = std::max(now, memory->time);
    report.user = context.user();
    report.half_life = half_life_;
    report.score = memory->risk * Left(as_of - memory->time);
    report.as_of = Timestamp(Duration(as_of));
    BONGSU_ASSIGN_OR_RETURN(report.recent, Recent(context));
    Send(std::move(report), memory, context);
    return Status::Ok();
  }

  // When the person's risk has fallen below kForget; at the latest microsecond that is not before
  // it.
  int64_t ForgottenAt(const Memory& memory) const {
    if (memory.risk < kForget) return memory.time;
    const double lives = Log2(memory.risk / kForget);
    return memory.time + static_cast<int64_t>(lives * static_cast<double>(half_life_.count())) + 1;
  }

  // One timer for both purposes. It is only moved forward in time when it fires: an event that
  // raises the risk costs no write of a timer.
  void Arm(Memory* memory, Context& context) const {
    if (memory->known == 0) return;
    const int64_t want =
        memory->held != 0 ? memory->sent_time + kPause.count() : ForgottenAt(*memory);
    // Rounding moves the end of a decay by microseconds; that is no reason to write.
    const int64_t slack = memory->held != 0 ? 0 : kPause.count();
    if (memory->timer != 0 && memory->timer <= want + slack) return;
    memory->timer = want;
    context.SetTimer(Timestamp(Duration(want)));
  }

  Duration half_life_;
  size_t slot_;
  std::vector<std::string> features_;
};

}  // namespace

OperatorSpec RiskSpec() {
  return Spec<Options>("risk", Stage::kScore)
      .Summary(
          "Combines what the detectors found into the event's risk, and keeps the person's risk.")
      .Example("risk: {half_life: 24h}")
      .Details(
          "The event's risk is the harmonic mean of the detectors' tail probabilities, by "
          "maturity. The person's "
          "risk adds up like decibels and falls by half each half_life of event time; with more "
          "than 50 events a "
          "half-life each event counts 20 log10(n / 50) points less, so that busy people are not "
          "risky people.")
      .Build([](const Options& options, BuildContext& context) -> std::unique_ptr<Operator> {
        if (!options.people) return std::make_unique<EventRisk>();
        return std::make_unique<Risk>(options, &context.schema);
      });
}

}  // namespace bongsu
