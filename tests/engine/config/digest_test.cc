#include "engine/config/digest.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "engine/config/yaml.h"

namespace bongsu {
namespace {

std::string Digest(const std::string& yaml) {
  Problems problems;
  const Result<ConfigNode> node = ParseYaml(yaml, "a.yaml", &problems);
  REQUIRE(node.ok());
  return ConfigDigest(*node);
}

TEST_CASE("layout and the order of keys do not matter") {
  CHECK(Digest("a: 1\nb: [x, y]\n") == Digest("# words\nb:\n  - \"x\"\n  - y\na:    1\n"));
  CHECK(Digest("a: 1\n").size() == 64);
}

TEST_CASE("whatever may mean something else is something else") {
  const std::set<std::string> digests = {
      Digest("a: 1"),       Digest("a: 2"),      Digest("b: 1"),       Digest("a: [1]"),
      Digest("a: {1: ~}"),  Digest("a: ~"),      Digest("a: [1, 2]"),  Digest("a: [2, 1]"),
      Digest("a: [12]"),    Digest("a: 's1:1'"), Digest("a: [1, []]"), Digest("a: [[1]]"),
      Digest("a: 1\nb: 1"), Digest("a: {b: 1}"), Digest("a: ''"),      Digest("[a, 1]"),
      Digest("{ab: c}"),    Digest("{a: bc}")};
  CHECK(digests.size() == 18);
}

TEST_CASE("a secret counts by its value") {
  ConfigNode one;
  one.kind = ConfigNode::Kind::kScalar;
  one.scalar = "x";
  ConfigNode other = one;
  one.secret = other.secret = true;
  CHECK(ConfigDigest(one) == ConfigDigest(other));
  other.scalar = "y";
  CHECK(ConfigDigest(one) != ConfigDigest(other));
}

}  // namespace
}  // namespace bongsu
