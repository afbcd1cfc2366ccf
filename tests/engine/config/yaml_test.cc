#include "engine/config/yaml.h"

#include <catch2/catch.hpp>
#include <string>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

ConfigNode Parse(const std::string& text) {
  Problems problems;
  Result<ConfigNode> node = ParseYaml(text, "a.yaml", &problems);
  INFO(problems.Format());
  REQUIRE(node.ok());
  REQUIRE(problems.empty());
  return *std::move(node);
}

std::string Refused(const std::string& text) {
  Problems problems;
  CHECK_FALSE(ParseYaml(text, "a.yaml", &problems).ok());
  return problems.Format();
}

std::string Where(const Mark& mark) {
  return StrCat(*mark.file, ':', mark.line, ':', mark.column);
}

TEST_CASE("every value knows where it stands") {
  const ConfigNode root = Parse("kafka:\n  brokers: one\nsources:\n  - name: \"5\"\n    rows: 5\n");
  CHECK(Where(root.entries[0].mark) == "a.yaml:1:1");
  CHECK(Where(root.Find("kafka")->entries[0].mark) == "a.yaml:2:3");
  CHECK(Where(root.Find("kafka")->Find("brokers")->mark) == "a.yaml:2:12");
  const ConfigNode& source = root.Find("sources")->items.at(0);
  CHECK(Where(source.mark) == "a.yaml:4:5");
  CHECK(source.Find("name")->quoted);
  CHECK_FALSE(source.Find("rows")->quoted);
  CHECK(Where(source.Find("rows")->mark) == "a.yaml:5:11");
}

TEST_CASE("a missing value is nothing, at the place of its key") {
  const ConfigNode root = Parse("a:\n\n\nb: ~\n");
  CHECK(root.Find("a")->kind == ConfigNode::Kind::kNull);
  CHECK(Where(root.Find("a")->mark) == "a.yaml:1:1");
  CHECK(root.Find("b")->kind == ConfigNode::Kind::kNull);
  CHECK(Parse("").kind == ConfigNode::Kind::kNull);
  CHECK(Parse("# only words\n").kind == ConfigNode::Kind::kNull);
}

TEST_CASE("an alias is a copy of what its anchor names") {
  const ConfigNode root = Parse("a: &x {window: 1h, list: [1, 2]}\nb: *x\n");
  REQUIRE(root.Find("b")->kind == ConfigNode::Kind::kMap);
  CHECK(root.Find("b")->Find("window")->scalar == "1h");
  CHECK(root.Find("b")->Find("list")->items.size() == 2);
}

TEST_CASE("a key that stands twice is kept for the table to report") {
  CHECK(Parse("a: 1\na: 2\n").entries.size() == 2);
}

TEST_CASE("what cannot be read is a problem at its place") {
  CHECK(Refused("a: [1, 2\nb: 3\n").starts_with("a.yaml:2:"));
  CHECK(Refused("a: 1\n---\nb: 2\n").find("expected one document") != std::string::npos);
  CHECK(Refused("a:\n\tb: 1\n") ==
        "a.yaml:2:1: expected spaces at the beginning of the line, got a tab; YAML indents by "
        "spaces only\n");
  CHECK(Refused("a: *nobody\n").find("a.yaml:1:4: ") == 0);
  CHECK(Refused("a: &x [*x]\n").find("write the value out") != std::string::npos);
  CHECK(Refused("[1, 2]: 3\n").find("expected text as a key, got a list") != std::string::npos);
  CHECK(Refused("a: !secret b\n").find("remove it") != std::string::npos);
  CHECK(Refused("a: \xff\n").find("UTF-8") != std::string::npos);
}

TEST_CASE("depth and size are bounded, aliases unfolded") {
  const std::string deep = std::string(100'000, '[');
  CHECK(Refused(deep).find("levels of nesting") != std::string::npos);
  CHECK(Parse(std::string(kYamlMaxDepth, '[') + std::string(kYamlMaxDepth, ']')).items.size() == 1);
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = StrCat("*a", i - 1);
    laughs += StrCat("a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) laughs += before + (k < 9 ? ", " : "]\n");
  }
  CHECK(Refused(laughs).find("aliases unfolded") != std::string::npos);
}

TEST_CASE("no mutilated text breaks the reader") {
  const std::string text =
      "a: &x {b: [1, \"two\", 'three'], c: |\n    lines\n  }\nd: *x\n? e\n: f\n";
  for (size_t cut = 0; cut < text.size(); ++cut) {
    for (const char c : {'\0', '\t', '[', '{', '"', '&', '*', ':', '-', '\xff', '%', '!'}) {
      std::string changed = text;
      changed[cut] = c;
      Problems problems;
      const bool ok = ParseYaml(changed, "a.yaml", &problems).ok();
      CHECK(ok == problems.empty());
    }
    Problems problems;
    const bool ok = ParseYaml(text.substr(0, cut), "a.yaml", &problems).ok();
    CHECK(ok == problems.empty());
  }
}

}  // namespace
}  // namespace bongsu
