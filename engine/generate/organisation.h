// The bank as an organisation: departments, the roles in them and what a role does all day,
// branches and their clocks, and the resources that departments own. All of it fixed tables and
// pure functions of an index; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/time.h"

namespace bongsu {

enum Action : uint8_t {
  kView,
  kCreate,
  kUpdate,
  kDelete,
  kExport,
  kDownload,
  kGrant,
  kApprove,
  kWorkActions,
  kLogin = kWorkActions,
  kLogout,
  kActions
};
inline constexpr std::array<std::string_view, kActions> kActionNames = {
    "VIEW",     "CREATE", "UPDATE",  "DELETE", "EXPORT",
    "DOWNLOAD", "GRANT",  "APPROVE", "LOGIN",  "LOGOUT"};

struct Role {
  std::string_view name, source;           // `source`: the system the role mostly works in.
  std::array<uint16_t, kWorkActions> mix;  // Of a thousand actions.
  double viewed_rows, taken_rows;          // Of one VIEW; of one EXPORT or DOWNLOAD: typical.
};
inline constexpr size_t kRoles = 8;
const Role& RoleAt(size_t role);

struct Department {
  std::string_view name;
  uint16_t share;                     // Of a thousand people.
  std::array<uint8_t, kRoles> roles;  // Of a hundred people of the department.
  uint8_t night;                      // Of a hundred people, on the night shift.
};
inline constexpr size_t kDepartments = 10;
const Department& DepartmentAt(size_t department);

enum class Branch : uint8_t { kSeoul, kBusan, kLondon };
std::string_view BranchName(Branch branch);     // As the calendar of the configuration names it.
std::string_view BranchCountry(Branch branch);  // "KR", "GB"
// How far the clocks of the branch are ahead of UTC during `day`, summer time included.
Duration BranchOffset(Branch branch, std::chrono::sys_days day);

class Organisation {
 public:
  // One resource for two people, within 400 and 20,000.
  explicit Organisation(int64_t people);

  struct Resource {
    size_t owner;  // A department.
    std::string_view type;
    int sensitivity;  // 0-10, mostly low.
  };
  uint32_t resources() const { return first_[kDepartments]; }
  Resource ResourceAt(uint32_t resource) const;
  void AppendResourceName(uint32_t resource, std::string* out) const;
  uint32_t FirstOf(size_t department) const { return first_[department]; }
  uint32_t CountOf(size_t department) const { return first_[department + 1] - first_[department]; }

 private:
  std::array<uint32_t, kDepartments + 1> first_;  // Each department owns a range.
};

}  // namespace bongsu
