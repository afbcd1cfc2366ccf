#include "operators/enrich/table.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "operators/enrich/local_time.h"
#include "tests/operators/enrich/folder.h"

namespace bongsu {
namespace {

TableRules People() {
  TableRules rules;
  rules.what = "person";
  rules.key = "user_id";
  rules.dated = true;
  rules.fills = {kDepartment};
  return rules;
}

std::shared_ptr<const Table> Load(const std::string& csv) {
  const Folder folder("t.csv", csv);
  Problems problems;
  TableLoader loader(People(), &problems);
  loader.AddFile({"t.csv", {}, ""}, folder.path());
  INFO(problems.Format());
  REQUIRE(problems.empty());
  return loader.Finish();
}

// The department on that day.
std::string On(const Table& table, const char* user, const char* date) {
  EventSchema schema;
  Event event;
  const std::vector<size_t> slots = table.Slots(&schema);
  event.fields.resize(schema.size());
  table.Fill(table.Find(user, static_cast<int32_t>(ParseDay(date).value())), slots, &event);
  return std::string(event.fields[kDepartment].text);
}

TEST_CASE("of a person's rows the latest that has begun holds, however they are ordered") {
  const std::string always = "ann,,hr\n", march = "ann,2026-03-01,it\n", may = "ann,2026-05-01,\n",
                    june = "ann,2026-06-01,audit\n", bob = "bob,2026-04-01,retail\n";
  const std::string rows =
      GENERATE_COPY(always + bob + march + may + june, june + may + bob + march + always,
                    may + always + june + march + bob);
  const auto table = Load("user_id,from,department\n" + rows);
  CHECK(On(*table, "ann", "1969-01-01") == "hr");
  CHECK(On(*table, "ann", "2026-02-28") == "hr");
  CHECK(On(*table, "ann", "2026-03-01") == "it");
  CHECK(On(*table, "ann", "2026-04-30") == "it");
  CHECK(On(*table, "ann", "2026-05-01") == "");  // An empty cell: the table no longer knows.
  CHECK(On(*table, "ann", "2026-06-01") == "audit");
  CHECK(On(*table, "ann", "9999-12-31") == "audit");
  CHECK(On(*table, "bob", "2026-03-31") == "");
  CHECK(On(*table, "bob", "2026-04-01") == "retail");
  CHECK(On(*table, "eve", "2026-04-01") == "");
}

TEST_CASE("numbers in cells are numbers, other texts are not") {
  const auto table = Load("user_id,from,a,b,c\nann,,7.5,inf,7x\n");
  EventSchema schema;
  Event event;
  const std::vector<size_t> slots = table->Slots(&schema);
  event.fields.resize(schema.size());
  table->Fill(table->Find("ann"), slots, &event);
  const auto value = [&](const char* name) { return event.fields[*schema.Slot(name)]; };
  CHECK(value("person.a").number == 7.5);
  CHECK(value("person.b").text == "inf");
  CHECK(std::isnan(value("person.b").number));
  CHECK(std::isnan(value("person.c").number));
}

TEST_CASE("a row costs its key, 36 bytes and 4 for each column") {
  std::string csv = "user_id,from,department,team,branch,shift,grade\n";
  constexpr size_t kRows = 50'000;
  for (size_t i = 0; i < kRows; ++i) {
    csv += StrCat("e", 100'000'000 + i, ",,d", i % 40, ",r", i % 11, ",b", i % 9, ",night,", i % 7,
                  "\n");
  }
  const auto table = Load(csv);
  REQUIRE(table->rows() == kRows);
  // The index is between a third and two thirds full: 6 to 12 bytes.
  CHECK(table->bytes() / kRows <= 10 + 40 + 4 * 5);
  CHECK(table->bytes() / kRows >= 10 + 30 + 4 * 5);
}

}  // namespace
}  // namespace bongsu
