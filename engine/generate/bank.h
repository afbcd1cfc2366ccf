// A synthetic bank: its people with working days and habits, insiders planted among them (plant.h)
// and harmless oddities (population.h). The same options give the same bytes on every machine.
// Events come out in order of time, made in slices of time: memory is about 16 bytes an event of a
// slice, plus what the labels need; people are functions of the seed and need none. Immutable once
// made; ForEachEvent may be called again and by any thread. From one core comes about half a
// million events a second.
//
// Days are numbered from 0 at `start` in Asia/Seoul; the stream ends with the last of them, in the
// middle of somebody's night shift. Insiders act in the last third of the days, oddities begin
// after half of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"
#include "engine/generate/day.h"
#include "engine/generate/labels.h"
#include "engine/generate/plant.h"
#include "engine/generate/population.h"

namespace bongsu {

struct BankOptions {
  int64_t people = 1000;  // 10 … 10,000,000
  int days = 30;          // 1 … 3660; with insiders or oddities at least 9.
  uint64_t seed = 1;
  std::chrono::sys_days start =
      std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 2);
  int insiders_of_a_kind = 2;
  bool fewer_insiders = false;  // Where people are too few: else that is an error.
  std::vector<double> effects = {1.2, 2, 3, 5, 10};
  bool oddities = true;
  int64_t slice_events = 1'000'000;  // Bounds memory; changes no byte.
};

// `json` is one canonical event, without a line end; views live during the call. What is not ok
// ends the generation and is its result.
using EventVisitor =
    std::function<Status(Timestamp time, std::string_view user, std::string_view json)>;
// One line, without its end, of the table `file` ("people.csv").
using TableVisitor = std::function<Status(std::string_view file, std::string_view line)>;

class Bank {
 public:
  // kInvalid, in the words of the command line, when an option is out of range or there are too few
  // people for what is to be planted.
  static Result<Bank> Make(const BankOptions& options);

  // Insiders for whom nobody was left; empty unless fewer_insiders.
  const std::vector<std::string>& missing() const { return missing_; }
  // By person.
  const std::vector<Label>& labels() const { return labels_; }
  Status ForEachEvent(const EventVisitor& visit) const;
  // people.csv (user_id,from,department,role,branch,shift), resources.csv
  // (resource_id,resource_type,sensitivity,owner) and approvals.csv (user_id,kind,from,to), file
  // after file: what the enrich operators `people`, `resources` and `calendar` read.
  Status ForEachTableLine(const TableVisitor& visit) const;

 private:
  Bank(BankOptions options, Population population);
  Status PlantInsiders();
  void LabelOddities();
  Habits LearnHabits(const Person& person) const;
  void AddUnknown(const HabitsLearner& learner, const Person& person, Habits* habits) const;
  void MarkLeavers();
  // The moments within [from, to), milliseconds; stops early with more than `most` of them.
  void FillSlice(int64_t from, int64_t to, size_t most, std::vector<Moment>* moments) const;
  int32_t DayNumber(int day) const;
  Timestamp DayStart(int day) const;  // Midnight in Seoul.

  BankOptions options_;
  Population population_;
  std::vector<std::string> missing_;
  std::vector<Label> labels_;
  std::vector<PlantedEvent> planted_;  // In order of time.
};

}  // namespace bongsu
