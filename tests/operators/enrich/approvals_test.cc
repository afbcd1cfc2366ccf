#include "operators/enrich/approvals.h"

#include <catch2/catch.hpp>

#include "operators/enrich/local_time.h"
#include "tests/operators/enrich/folder.h"

namespace bongsu {
namespace {

Located<std::string> Named(const std::string& name) {
  return {name, {std::make_shared<const std::string>("a.yaml"), 1, 1}, "x"};
}

std::shared_ptr<const Approvals> Load(const std::string& rows, std::string* problems = nullptr) {
  const Folder folder("a.csv", "user_id,kind,from,to\n" + rows);
  Problems found;
  auto approvals = Approvals::Load(Named("a.csv"), folder.path(), &found);
  if (problems != nullptr) *problems = found.Format();
  CHECK((approvals == nullptr) == !found.empty());
  return approvals;
}

// "o", "l", "ol" or "".
std::string At(const Approvals& approvals, const char* user, const char* time, int64_t more = 0) {
  const auto at = approvals.At(user, ParseLocalTime(time).value() + more);
  return std::string(at.overtime ? "o" : "") + (at.leave ? "l" : "");
}

TEST_CASE("a period holds from its first second and not at its last") {
  const auto approvals = Load("kim,overtime,2026-03-02T18:00,2026-03-02T22:00\n");
  CHECK(At(*approvals, "kim", "2026-03-02T18:00", -1) == "");
  CHECK(At(*approvals, "kim", "2026-03-02T18:00") == "o");
  CHECK(At(*approvals, "kim", "2026-03-02T22:00", -1) == "o");
  CHECK(At(*approvals, "kim", "2026-03-02T22:00") == "");
  CHECK(At(*approvals, "lee", "2026-03-02T20:00") == "");
}

TEST_CASE("periods may overlap, lie within each other and stand in any order") {
  const auto approvals = Load(
      "kim,leave,2026-03-09T00:00,2026-03-10T00:00\n"
      "lee,leave,2026-03-04T00:00,2026-03-05T00:00\n"
      "kim,overtime,2026-03-02T18:00,2026-03-02T23:00\n"
      "kim,leave,2026-03-02T12:00,2026-03-03T24:00\n"
      "kim,overtime,2026-03-02T19:00,2026-03-02T20:00\n"
      "kim,overtime,2026-03-02T22:00,2026-03-03T01:00\n");
  CHECK(At(*approvals, "kim", "2026-03-02T11:59") == "");
  CHECK(At(*approvals, "kim", "2026-03-02T17:00") == "l");
  CHECK(At(*approvals, "kim", "2026-03-02T21:00") == "ol");
  CHECK(At(*approvals, "kim", "2026-03-03T00:30") == "ol");
  CHECK(At(*approvals, "kim", "2026-03-03T01:00") == "l");
  CHECK(At(*approvals, "kim", "2026-03-04T00:00") == "");
  CHECK(At(*approvals, "kim", "2026-03-09T23:59") == "l");
  CHECK(At(*approvals, "lee", "2026-03-04T12:00") == "l");
  CHECK(At(*approvals, "lee", "2026-03-09T12:00") == "");
}

TEST_CASE("what is wrong with approvals is said with the line, never with the person") {
  std::string problems;
  CHECK(Load(",leave,2026-03-02T18:00,2026-03-02T22:00\n"
             "kim,party,2026-03-02T18:00,2026-03-02T22:00\n"
             "kim,leave,2026-03-02,2026-03-02T22:00\n"
             "kim,leave,2026-03-02T18:00,2026-03-02T22:00Z\n"
             "kim,leave,2026-03-02T18:00,2026-03-02T18:00\n",
             &problems) == nullptr);
  CHECK(problems ==
        "a.csv:2:1: expected a user_id, got an empty cell\n"
        "a.csv:3:1: expected overtime or leave, got \"party\"\n"
        "a.csv:4:1: expected a local time such as 2026-03-02T18:00, got \"2026-03-02\"\n"
        "a.csv:5:1: expected a local time such as 2026-03-02T18:00, got \"2026-03-02T22:00Z\"\n"
        "a.csv:6:1: expected an end after 2026-03-02T18:00, got \"2026-03-02T18:00\"\n");
}

TEST_CASE("a file of no approvals approves nothing") {
  CHECK(At(*Load(""), "kim", "2026-03-02T18:00") == "");
}

}  // namespace
}  // namespace bongsu
