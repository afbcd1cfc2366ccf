#include "engine/generate/organisation.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

using std::chrono::hours;

//                        VIEW CREA UPDA DEL EXP DOWN GRANT APPR
constexpr std::array<Role, kRoles> kRoleTable = {{
    {"teller", "app", {719, 110, 145, 4, 4, 4, 0, 14}, 8, 60},
    {"loan_officer", "app", {640, 110, 168, 6, 10, 16, 0, 50}, 15, 150},
    {"analyst", "db", {789, 40, 40, 6, 70, 50, 0, 5}, 400, 4000},
    {"manager", "app", {649, 25, 60, 5, 8, 28, 5, 220}, 40, 300},
    {"dba", "db", {560, 90, 240, 45, 20, 10, 30, 5}, 800, 3000},
    {"developer", "db", {640, 120, 185, 35, 6, 12, 2, 0}, 120, 500},
    {"operator", "app", {740, 60, 150, 15, 10, 10, 10, 5}, 50, 300},
    {"auditor", "db", {880, 15, 15, 5, 35, 45, 0, 5}, 250, 2000},
}};

//                                  teller loan analyst manager dba dev operator auditor
constexpr std::array<Department, kDepartments> kDepartmentTable = {{
    {"retail_banking", 300, {70, 10, 8, 12, 0, 0, 0, 0}, 0},
    {"corporate_banking", 140, {10, 50, 25, 15, 0, 0, 0, 0}, 0},
    {"lending", 130, {0, 65, 15, 12, 0, 0, 0, 8}, 0},
    {"it", 110, {0, 0, 0, 8, 12, 55, 25, 0}, 12},
    {"operations", 100, {15, 0, 15, 10, 0, 0, 60, 0}, 12},
    {"customer_service", 80, {80, 0, 0, 10, 0, 0, 10, 0}, 12},
    {"risk", 50, {0, 0, 65, 15, 0, 10, 0, 10}, 0},
    {"treasury", 35, {0, 0, 60, 20, 5, 0, 15, 0}, 0},
    {"compliance", 30, {0, 0, 15, 15, 0, 0, 0, 70}, 0},
    {"human_resources", 25, {0, 0, 40, 30, 0, 0, 30, 0}, 0},
}};

struct ResourceKind {
  std::string_view type, prefix;
  uint64_t percent;
};
constexpr std::array<ResourceKind, 5> kResourceKinds = {{{"TABLE", "tbl-", 50},
                                                         {"REPORT", "rpt-", 20},
                                                         {"FILE", "doc-", 15},
                                                         {"API", "api-", 10},
                                                         {"SYSTEM", "sys-", 5}}};
constexpr uint32_t kFewestOfADepartment = 12;

const ResourceKind& KindOf(uint32_t resource) {
  uint64_t percent = Mix64(resource + 1) % 100;
  size_t kind = 0;
  while (percent >= kResourceKinds[kind].percent) percent -= kResourceKinds[kind++].percent;
  return kResourceKinds[kind];
}

std::chrono::sys_days LastSunday(std::chrono::year year, std::chrono::month month) {
  return std::chrono::sys_days(year / month / std::chrono::Sunday[std::chrono::last]);
}

}  // namespace

const Role& RoleAt(size_t role) {
  return kRoleTable[role];
}

const Department& DepartmentAt(size_t department) {
  return kDepartmentTable[department];
}

std::string_view BranchName(Branch branch) {
  constexpr std::array<std::string_view, 3> kNames = {"seoul", "busan", "london"};
  return kNames[static_cast<size_t>(branch)];
}

std::string_view BranchCountry(Branch branch) {
  return branch == Branch::kLondon ? "GB" : "KR";
}

Duration BranchOffset(Branch branch, std::chrono::sys_days day) {
  if (branch != Branch::kLondon) return hours(9);
  // The clocks change in the small hours of a Sunday; nobody is at work before the change.
  const std::chrono::year year = std::chrono::year_month_day(day).year();
  const bool summer =
      day >= LastSunday(year, std::chrono::March) && day < LastSunday(year, std::chrono::October);
  return summer ? hours(1) : hours(0);
}

Organisation::Organisation(int64_t people) : first_{} {
  const auto total = static_cast<uint32_t>(std::clamp<int64_t>(people / 2, 400, 20'000));
  for (size_t i = 0; i < kDepartments; ++i) {
    const uint32_t share = total * kDepartmentTable[i].share / 1000;
    first_[i + 1] = first_[i] + std::max(share, kFewestOfADepartment);
  }
}

Organisation::Resource Organisation::ResourceAt(uint32_t resource) const {
  const auto owner = std::upper_bound(first_.begin(), first_.end(), resource) - first_.begin() - 1;
  const uint64_t roll = Mix64(resource + 0x5E45u) % 100;
  const uint64_t within = Mix64(resource + 0xF1E1Du);
  const uint64_t sensitivity = roll < 45   ? within % 3
                               : roll < 75 ? 3 + within % 3
                               : roll < 93 ? 6 + within % 2
                                           : 8 + within % 3;
  return {static_cast<size_t>(owner), KindOf(resource).type, static_cast<int>(sensitivity)};
}

void Organisation::AppendResourceName(uint32_t resource, std::string* out) const {
  out->append(KindOf(resource).prefix);
  char digits[] = "00000";
  for (size_t i = 5; i-- > 0; resource /= 10) digits[i] = static_cast<char>('0' + resource % 10);
  out->append(digits, 5);
}

}  // namespace bongsu
