#include "engine/config/schema_writer.h"

#include <catch2/catch.hpp>
#include <string>

namespace bongsu {
namespace {

struct Inner {
  std::string who;
  static const FieldTable<Inner>& Fields() {
    static const auto table = FieldTable<Inner>().Field("who", &Inner::who, "Whose.").Required();
    return table;
  }
};

struct Outer {
  int limit = 3;
  bool on = true;
  Duration pause = std::chrono::seconds(90);
  std::string level = "low";
  std::vector<Inner> list;
  std::map<std::string, std::string> free;
  static const FieldTable<Outer>& Fields() {
    static const auto table = FieldTable<Outer>()
                                  .Field("limit", &Outer::limit, "How many.")
                                  .Min(1)
                                  .Max(9)
                                  .Field("on", &Outer::on, "")
                                  .Field("pause", &Outer::pause, "")
                                  .Field("level", &Outer::level, "")
                                  .OneOf({"low", "high"})
                                  .Field("list", &Outer::list, "")
                                  .Min(1)
                                  .Field("free", &Outer::free, "");
    return table;
  }
};

TEST_CASE("a table of fields becomes a closed schema") {
  const std::string variable = R"("pattern":"\\$\\{")";
  CHECK(
      WriteJsonSchema(ObjectSchema(Outer::Fields().fields()), "Things") ==
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Things",)"
      R"("type":["object","null"],"properties":{)"
      R"("limit":{"description":"How many.","type":["integer","string"],)" +
          variable +
          R"(,"minimum":1,"maximum":9,"default":3},)"
          R"("on":{"type":["boolean","string"],)" +
          variable +
          R"(,"default":true},)"
          R"("pause":{"type":"string","pattern":"^[0-9]+(us|ms|s|m|h|d|w)$|\\$\\{","default":"90s"},)"
          R"("level":{"anyOf":[{"enum":["low","high"]},{"type":"string",)" +
          variable +
          R"(}],"default":"low"},)"
          R"("list":{"type":"array","items":{"type":"object","properties":{"who":{"description":"Whose.",)"
          R"("type":["string","number","boolean"]}},"required":["who"],"additionalProperties":false}},)"
          R"("free":{"type":["object","null"],"additionalProperties":{"type":["string","number","boolean"]}}},)"
          R"("additionalProperties":false})");
}

}  // namespace
}  // namespace bongsu
