#include "operators/detect/inputs.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace bongsu {
namespace {

struct Parts {
  PipelineSchema schema;
  Problems problems;
  BuildContext context{schema, problems, {}, "detect[0]", "."};

  Parts() {
    for (const auto& [name, unit] : std::vector<std::pair<std::string, std::string>>{
             {"rows", "rows"}, {"share", "ratio"}, {"odd", "furlongs"}, {"moved", "bytes"}}) {
      REQUIRE(schema.AddFeature({name, unit, "For tests."}).ok());
    }
    schema.AddSlot({"rows sum window=1d", 8});
    schema.AddSlot({"rows_vs_self zscore", 8});
    schema.AddSlot({"share ratio window=1d", 8});
  }
  std::vector<DetectorInput> Inputs(const std::vector<std::string>& names) {
    std::vector<Located<std::string>> located;
    for (const std::string& name : names) located.push_back({name, {}, "detect[0].features"});
    return InputsOf(located, context);
  }
};

TEST_CASE("inputs come in the configured order, each with what its unit says") {
  Parts parts;
  const auto inputs = parts.Inputs({"share", "odd", "rows"});
  REQUIRE(inputs.size() == 3);
  CHECK(inputs[0].feature == 1);
  CHECK_FALSE(inputs[0].unit->heavy_tailed);
  CHECK(inputs[1].unit == nullptr);
  CHECK(inputs[2].feature == 0);
  CHECK(inputs[2].unit->greatest == 1e7);
  CHECK(parts.problems.empty());
}

TEST_CASE("what has heavy tails is looked at by its logarithm, with its sign") {
  Parts parts;
  const auto inputs = parts.Inputs({"rows", "share", "odd"});
  CHECK(inputs[0].Scaled(0) == 0);
  CHECK(inputs[0].Scaled(99) == Approx(std::log(100)));
  CHECK(inputs[0].Scaled(-99) == Approx(-std::log(100)));
  CHECK(std::isnan(inputs[0].Scaled(std::numeric_limits<double>::quiet_NaN())));
  CHECK(inputs[1].Scaled(0.25) == 0.25);
  CHECK(inputs[2].Scaled(0.25) == 0.25);
}

TEST_CASE("a vector has each input in its place, whatever their scales") {
  Parts parts;
  const std::vector<double> features = {99, 0.25, -7, 1e6};  // rows, share, odd, moved
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"rows", "share", "odd", "moved"}, {"odd", "moved", "share", "rows"}, {"share"}}) {
    const auto inputs = parts.Inputs(names);
    std::vector<double> x(inputs.size());
    InputReader reader(inputs);
    for (int event = 0; event < 2; ++event) {
      reader.Read(features, x);
      for (size_t i = 0; i < x.size(); ++i)
        CHECK(x[i] == inputs[i].Scaled(features[inputs[i].feature]));
    }
  }
}

TEST_CASE("a name that is wrong or comes twice is a problem") {
  Parts unknown, twice;
  CHECK(unknown.Inputs({"row", "share"}).size() == 1);
  CHECK(unknown.problems.Format().find("did you mean \"rows\"") != std::string::npos);
  twice.Inputs({"rows", "rows"});
  CHECK(twice.problems.Format().find("\"rows\" again; remove it") != std::string::npos);
}

TEST_CASE("vectors mean something else when an input, its memory or the head changes") {
  Parts parts;
  const std::string meaning = MeaningOf("ecod", parts.Inputs({"rows", "share"}), parts.schema);
  CHECK(meaning == "ecod\nrows: rows sum window=1d\nshare: share ratio window=1d\n");
  CHECK(meaning != MeaningOf("ecod", parts.Inputs({"share", "rows"}), parts.schema));
  CHECK(meaning != MeaningOf("trees", parts.Inputs({"rows", "share"}), parts.schema));
}

}  // namespace
}  // namespace bongsu
