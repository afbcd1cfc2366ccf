#include <string>

#include "engine/base/strings.h"
#include "engine/generate/bank.h"

namespace bongsu {
namespace {

std::string DateText(const Population& population, int day) {
  return FormatRfc3339(population.Date(day)).substr(0, 10);
}

std::string Clock(const Person& person) {
  return StrCat(BranchName(person.branch), ",", person.night ? "night" : "day");
}

Status WritePeople(const Population& population, const TableVisitor& visit) {
  constexpr std::string_view kFile = "people.csv";
  BONGSU_RETURN_IF_ERROR(visit(kFile, "user_id,from,department,role,branch,shift"));
  std::string name;
  for (uint32_t index = 0; index < population.options().people; ++index) {
    const Person person = population.At(index);
    name.clear();
    population.AppendName(index, &name);
    const auto row = [&](std::string_view from, size_t department) {
      return visit(kFile, StrCat(name, ",", from, ",", DepartmentAt(department).name, ",",
                                 RoleAt(person.role).name, ",", Clock(person)));
    };
    BONGSU_RETURN_IF_ERROR(row("", person.home));
    if (!population.Moves(index)) continue;
    const int day = population.move_day();
    BONGSU_RETURN_IF_ERROR(row(DateText(population, day), population.DepartmentOn(person, day)));
  }
  return Status::Ok();
}

Status WriteResources(const Organisation& organisation, const TableVisitor& visit) {
  constexpr std::string_view kFile = "resources.csv";
  BONGSU_RETURN_IF_ERROR(visit(kFile, "resource_id,resource_type,sensitivity,owner"));
  std::string line;
  for (uint32_t i = 0; i < organisation.resources(); ++i) {
    const Organisation::Resource resource = organisation.ResourceAt(i);
    line.clear();
    organisation.AppendResourceName(i, &line);
    line += StrCat(",", resource.type, ",", resource.sensitivity, ",",
                   DepartmentAt(resource.owner).name);
    BONGSU_RETURN_IF_ERROR(visit(kFile, line));
  }
  return Status::Ok();
}

// Leave of a night shift runs from noon to noon, so that no shift is cut.
Status WriteApprovals(const Population& population, const TableVisitor& visit) {
  constexpr std::string_view kFile = "approvals.csv";
  BONGSU_RETURN_IF_ERROR(visit(kFile, "user_id,kind,from,to"));
  std::string name;
  for (uint32_t index = 0; index < population.options().people; ++index) {
    const Person person = population.At(index);
    name.clear();
    population.AppendName(index, &name);
    const std::string_view midnight = person.night ? "T12:00" : "T00:00";
    for (int day = 0; day < population.options().days; ++day) {
      const std::optional<Leave> leave = LeaveOn(population, person, day);
      if (leave && leave->from == day) {
        BONGSU_RETURN_IF_ERROR(
            visit(kFile, StrCat(name, ",leave,", DateText(population, leave->from), midnight, ",",
                                DateText(population, leave->to + 1), midnight)));
      }
      if (leave || !HasOvertime(population, person, day)) continue;
      const std::string date = DateText(population, day);
      BONGSU_RETURN_IF_ERROR(
          visit(kFile, StrCat(name, ",overtime,", date, "T17:30,", date, "T23:00")));
    }
  }
  return Status::Ok();
}

}  // namespace

Status Bank::ForEachTableLine(const TableVisitor& visit) const {
  BONGSU_RETURN_IF_ERROR(WritePeople(population_, visit));
  BONGSU_RETURN_IF_ERROR(WriteResources(population_.organisation(), visit));
  return WriteApprovals(population_, visit);
}

}  // namespace bongsu
