#include "engine/generate/inject.h"

#include <algorithm>
#include <map>

#include "engine/base/strings.h"
#include "engine/generate/survey.h"

namespace bongsu {
namespace {

constexpr size_t kLooks = 100;    // People whose habits are learned, beside four for each insider.
constexpr size_t kUnknown = 400;  // As many resources a person does not know are offered.

template <typename Visit>
Status ForEachOf(const std::vector<LineFile>& files, Visit visit) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> log, LogReader::Open(files));
  AccessEvent event;
  std::string_view line;
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const bool more, log->Next(&event, &line));
    if (!more) return Status::Ok();
    BONGSU_RETURN_IF_ERROR(visit(event, line));
  }
}

// The habits of `users`, in their order.
Result<std::vector<Habits>> LearnAll(const std::vector<LineFile>& files, const Survey& survey,
                                     const std::vector<std::string>& users, uint64_t seed) {
  std::map<std::string, HabitsLearner, std::less<>> learners;
  for (const std::string& user : users) learners.try_emplace(user, user, survey.Shift());
  BONGSU_RETURN_IF_ERROR(ForEachOf(files, [&](const AccessEvent& event, std::string_view) {
    const auto at = learners.find(event.user);
    if (at == learners.end()) return Status::Ok();
    at->second.Observe(event, survey.IsForeign(event.resource, event.department));
    return Status::Ok();
  }));
  std::vector<Habits> all;
  for (const std::string& user : users) {
    HabitsLearner& learner = learners.find(user)->second;
    Habits unknown;
    survey.AddUnknown(learner, kUnknown, seed, &unknown);
    all.push_back(std::move(learner).Finish());
    all.back().unfamiliar = std::move(unknown.unfamiliar);
    all.back().foreign = std::move(unknown.foreign);
  }
  return all;
}

}  // namespace

Result<Injection> Injection::Make(const PlantOptions& options, std::vector<LineFile> files) {
  BONGSU_RETURN_IF_ERROR(CheckPlantOptions(options));
  Injection injection(std::move(files), options.seed);
  Survey survey;
  BONGSU_RETURN_IF_ERROR(
      ForEachOf(injection.files_, [&](const AccessEvent& event, std::string_view) {
        survey.Observe(event);
        return Status::Ok();
      }));
  if (survey.events() == 0) return Status::Invalid("--inject: the files hold no events");
  const std::vector<InsiderKind> kinds = survey.PossibleKinds(&injection.missing_);
  const size_t wanted = kinds.size() * static_cast<size_t>(options.insiders_of_a_kind);
  const std::vector<std::string> users =
      survey.Candidates(wanted == 0 ? 0 : 4 * wanted + kLooks, options.seed);
  BONGSU_ASSIGN_OR_RETURN(std::vector<Habits> habits,
                          LearnAll(injection.files_, survey, users, options.seed));
  size_t at = 0;
  const auto next = [&]() -> std::optional<Habits> {
    if (at == habits.size()) return std::nullopt;
    return std::move(habits[at++]);
  };
  Planting planting = PlantInsiders(options, kinds, survey.Window(), next);
  std::move(planting.missing.begin(), planting.missing.end(),
            std::back_inserter(injection.missing_));
  Collect(std::move(planting), &injection.labels_, &injection.planted_);
  std::stable_sort(injection.labels_.begin(), injection.labels_.end(),
                   [](const Label& a, const Label& b) { return a.user < b.user; });
  return injection;
}

Status Injection::ForEachEvent(const EventVisitor& visit) const {
  size_t planted = 0;
  std::string id_line;
  const auto write_planted = [&](Timestamp before) {
    for (; planted < planted_.size() && planted_[planted].time < before; ++planted) {
      const PlantedEvent& event = planted_[planted];
      AssignLine(Mix64(seed_ + 0x12EC7ull), planted, event.tail, &id_line);
      BONGSU_RETURN_IF_ERROR(visit(event.time, event.user, id_line));
    }
    return Status::Ok();
  };
  const Status status = ForEachOf(files_, [&](const AccessEvent& event, std::string_view line) {
    BONGSU_RETURN_IF_ERROR(write_planted(event.time));
    return visit(event.time, event.user, line);
  });
  return status.ok() ? write_planted(Timestamp::max()) : status;
}

}  // namespace bongsu
