#include "engine/app/stored_records.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "engine/base/strings.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

std::string Alert(std::string_view uid, int revision) {
  return StrCat(R"({"finding_info":{"uid":")", uid, R"("},"metadata":{"sequence":)", revision,
                "}}");
}

struct File {
  TempDir dir;
  StoredRecords where{StoredRecords::Kind::kAlerts, dir.File("records.jsonl"), nullptr};
  explicit File(const std::string& text) { std::ofstream(where.file) << text; }
};

TEST_CASE("of an alert the highest revision counts, wherever it stands") {
  const File file(Alert("ab12", 1) + "\n" + Alert("ab12", 3) + "\n" + Alert("ab12", 2) +
                  "\nnonsense\n" + Alert("cd34", 1) + "\n");
  for (const char* uid : {"ab12", "ab", "ab12.s1"}) {
    const auto found = FindAlert(file.where, uid);
    REQUIRE(found.ok());
    CHECK(*found == Alert("ab12", 3));
  }
}

TEST_CASE("a beginning that fits several alerts is refused, unless it is one of them") {
  const File file(Alert("ab12", 1) + "\n" + Alert("ab1", 1) + "\n");
  CHECK(FindAlert(file.where, "ab1").ok());
  const Status status = FindAlert(file.where, "ab").status();
  CHECK(status.code() == Code::kInvalid);
  CHECK(status.message().find("ab1, ab12") != std::string::npos);
  CHECK(FindAlert(file.where, "b").status().code() == Code::kNotFound);
}

TEST_CASE("of a person the last record counts") {
  const File file(
      "{\"user_id\":\"kim\",\"score\":1}\n{\"user_id\":\"kim\",\"score\":2}\n"
      "{\"user_id\":\"kimchi\",\"score\":3}\n");
  const auto found = FindUserRisk(file.where, "kim");
  REQUIRE(found.ok());
  CHECK(*found == "{\"user_id\":\"kim\",\"score\":2}");
  CHECK(FindUserRisk(file.where, "ki").status().code() == Code::kNotFound);
}

TEST_CASE("with a moment, the record that held then") {
  const File file("{\"user_id\":\"kim\",\"as_of\":1000}\n{\"user_id\":\"kim\",\"as_of\":3000}\n");
  const auto at = [&](int64_t ms) { return FindUserRisk(file.where, "kim", FromMillis(ms)); };
  CHECK(*at(1000) == "{\"user_id\":\"kim\",\"as_of\":1000}");
  CHECK(*at(2999) == "{\"user_id\":\"kim\",\"as_of\":1000}");
  CHECK(*at(9999) == "{\"user_id\":\"kim\",\"as_of\":3000}");
  const Status early = at(999).status();
  CHECK(early.code() == Code::kNotFound);
  CHECK(early.message().find("the first is of 1970-01-01T00:00:01.000Z") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
