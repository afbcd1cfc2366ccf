#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "engine/generate/bank.h"

namespace bongsu {
namespace {

constexpr int64_t kDayMillis = 86'400'000;
constexpr int64_t kFirstSlice = 3'600'000, kShortestSlice = 1000;

// Turns moments into events, in order, with what is planted between them.
class Writer {
 public:
  Writer(const Population& population, std::span<const PlantedEvent> planted,
         const EventVisitor& visit)
      : population_(population), planted_(planted), visit_(visit) {
    const PopulationOptions& options = population.options();
    const auto start = static_cast<uint64_t>(options.start.time_since_epoch().count());
    key_ = Mix64(options.seed + Mix64(start));
  }

  Status Write(std::span<const Moment> moments) {
    for (const Moment& moment : moments) {
      const Timestamp time = FromMillis(moment.time);
      BONGSU_RETURN_IF_ERROR(WritePlanted(time));
      const Person person = population_.At(moment.person());
      const std::optional<DayPlan> plan = PlanDay(population_, person, moment.day());
      Describe(population_, person, *plan, moment.ordinal(), &text_, &event_);
      tail_.clear();
      AppendTail(event_, &tail_);
      BONGSU_RETURN_IF_ERROR(WriteOne(time, event_.user, tail_));
    }
    return Status::Ok();
  }

  // What is planted before `time`.
  Status WritePlanted(Timestamp time) {
    for (; !planted_.empty() && planted_[0].time < time; planted_ = planted_.subspan(1)) {
      BONGSU_RETURN_IF_ERROR(WriteOne(planted_[0].time, planted_[0].user, planted_[0].tail));
    }
    return Status::Ok();
  }

 private:
  Status WriteOne(Timestamp time, std::string_view user, std::string_view tail) {
    AssignLine(key_, number_++, tail, &line_);
    return visit_(time, user, line_);
  }

  const Population& population_;
  std::span<const PlantedEvent> planted_;
  const EventVisitor& visit_;
  uint64_t key_ = 0, number_ = 0;
  EventText text_;
  AccessEvent event_;
  std::string tail_, line_;
};

}  // namespace

void Bank::FillSlice(int64_t from, int64_t to, size_t most, std::vector<Moment>* moments) const {
  moments->clear();
  const int64_t zero = ToMillis(DayStart(0));
  // A night shift, or an evening further west, goes on into the next day.
  const int first = static_cast<int>(std::max<int64_t>(0, (from - zero) / kDayMillis - 1));
  const int last = static_cast<int>((to - 1 - zero) / kDayMillis);
  for (uint32_t index = 0; index < options_.people && moments->size() <= most; ++index) {
    const Person person = population_.At(index);
    for (int day = first; day <= last; ++day) {
      if (!MayWork(population_, person, day, from, to)) continue;
      const std::optional<DayPlan> plan = PlanDay(population_, person, day);
      if (plan) AppendMoments(person, *plan, from, to, moments);
    }
  }
}

Status Bank::ForEachEvent(const EventVisitor& visit) const {
  Writer writer(population_, planted_, visit);
  const Timestamp end = DayStart(options_.days);
  // Looking at each person takes time, so that a slice must be worth it.
  const auto target = static_cast<size_t>(std::max(options_.slice_events, options_.people / 2));
  std::vector<Moment> moments;
  int64_t length = kFirstSlice;
  for (int64_t from = ToMillis(DayStart(0)); from < ToMillis(end);) {
    const int64_t to = std::min(ToMillis(end), from + length);
    FillSlice(from, to, 2 * target, &moments);
    if (moments.size() > 2 * target && length > kShortestSlice) {
      length = std::max(kShortestSlice, length / 4);
      continue;
    }
    std::sort(moments.begin(), moments.end());
    BONGSU_RETURN_IF_ERROR(writer.Write(moments));
    if (moments.size() < target / 2) length = std::min(2 * length, kDayMillis);
    from = to;
  }
  return writer.WritePlanted(end);
}

}  // namespace bongsu
