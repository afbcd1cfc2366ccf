#include "engine/config/load.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

// A directory of its own for each test, with verbs to fill and load it.
class Files {
 public:
  Files() {
    static int count = 0;
    dir_ = (std::filesystem::temp_directory_path() / StrCat("bongsu-load-", getpid(), '-', ++count))
               .string();
    std::filesystem::create_directories(dir_ + "/sub");
  }
  ~Files() { std::filesystem::remove_all(dir_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  Files& Write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    return *this;
  }
  Files& Set(const std::string& name, const std::string& value) {
    return variables_[name] = value, *this;
  }

  Result<ConfigNode> Load(Problems* problems) const {
    return LoadConfig(
        dir_ + "/main.yaml",
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables_.find(name);
          return found == variables_.end() ? std::nullopt : std::optional(found->second);
        },
        problems);
  }
  ConfigNode Loaded() const {
    Problems problems;
    Result<ConfigNode> node = Load(&problems);
    INFO(problems.Format());
    REQUIRE(node.ok());
    return *std::move(node);
  }
  // The problems, without the name of the directory.
  std::string Refused() const {
    Problems problems;
    CHECK_FALSE(Load(&problems).ok());
    std::string text = problems.Format();
    for (size_t at; (at = text.find(dir_ + "/")) != std::string::npos;)
      text.erase(at, dir_.size() + 1);
    return text;
  }
  const std::string& dir() const { return dir_; }

 private:
  std::string dir_;
  std::map<std::string, std::string> variables_;
};

std::string Scalar(const ConfigNode& root, std::string_view key) {
  return root.Find(key)->scalar;
}

TEST_CASE("variables are replaced in scalars, and marked secret when they come from outside") {
  Files files;
  files.Set("USER_NAME", "ann").Set("EMPTY", "").Set("TRICK", "x\nb: injected ${USER_NAME}");
  files.Write("secret", "pass word\n")
      .Write("main.yaml",
             "a: hello ${USER_NAME}\n"
             "b: \"${NONE:-some: default}\"\n"
             "c: \"${file:secret}\"\n"
             "d: 5$$ and $1 and ${EMPTY:-full}${EMPTY}\n"
             "e: ${TRICK}\n"
             "f: plain\n");
  const ConfigNode root = files.Loaded();
  CHECK(Scalar(root, "a") == "hello ann");
  CHECK(root.Find("a")->secret);
  CHECK(root.Find("a")->Describe() == "a secret value");
  CHECK(Scalar(root, "b") == "some: default");
  CHECK_FALSE(root.Find("b")->secret);
  CHECK(Scalar(root, "c") == "pass word");
  CHECK(root.Find("c")->secret);
  CHECK(Scalar(root, "d") == "5$ and $1 and full");
  CHECK(Scalar(root, "e") == "x\nb: injected ${USER_NAME}");
  CHECK_FALSE(root.Find("f")->secret);
}

TEST_CASE("every undefined variable is named") {
  Files files;
  files.Write("main.yaml",
              "a: ${ONE}\nb:\n  - ${TWO}\nc: ${file:nowhere}\nd: ${unclosed\ne: ${1x}\n");
  CHECK(files.Refused() ==
        "main.yaml:1:4: a: expected the environment variable ONE, got none; set it or write "
        "${ONE:-default}\n"
        "main.yaml:3:5: b[0]: expected the environment variable TWO, got none; set it or write "
        "${TWO:-default}\n"
        "main.yaml:4:4: c: expected a readable file \"nowhere\": No such file or directory\n"
        "main.yaml:5:4: d: expected \"}\" after \"${\"; write $$ for a dollar sign\n"
        "main.yaml:6:4: e: expected ${VARIABLE}, ${VARIABLE:-default} or ${file:/path}, got "
        "\"${1x}\"\n");
}

TEST_CASE("included files come first and the including one wins") {
  Files files;
  files.Write("main.yaml",
              "include: [sub/base.yaml, sub/more.yaml]\n"
              "kafka: {brokers: mine}\nfeatures: [c]\nlist: {inner: [9]}\n");
  files.Write("sub/base.yaml",
              "include: [deep.yaml]\nkafka: {brokers: theirs, prefix: p}\nfeatures: [a]\n");
  files.Write("sub/deep.yaml", "features: [z]\nlist: {inner: [1, 2]}\n");
  files.Write("sub/more.yaml", "features: [b]\n");
  const ConfigNode root = files.Loaded();
  CHECK(root.Find("include") == nullptr);
  CHECK(root.Find("kafka")->Find("brokers")->scalar == "mine");
  CHECK(root.Find("kafka")->Find("prefix")->scalar == "p");
  std::string features;
  for (const ConfigNode& item : root.Find("features")->items) features += item.scalar;
  CHECK(features == "zabc");
  CHECK(root.Find("list")->Find("inner")->items.size() == 1);
  CHECK(root.Find("features")->items[0].mark.file->ends_with("sub/deep.yaml"));
}

TEST_CASE("a circle of includes is refused with its chain") {
  Files files;
  files.Write("main.yaml", "include: [sub/a.yaml]\n")
      .Write("sub/a.yaml", "x: 1\ninclude: [../main.yaml]\n");
  CHECK(files.Refused() ==
        "sub/a.yaml:2:11: include[0]: expected no file that is being read already, got the circle "
        "main.yaml -> "
        "sub/a.yaml -> main.yaml\n");
}

TEST_CASE("what an include names must be there, and be a map") {
  Files files;
  files.Write("main.yaml", "include: [gone.yaml, list.yaml, sub, [x]]\ninclude: [again.yaml]\n");
  files.Write("list.yaml", "[1, 2]\n");
  CHECK(files.Refused() ==
        "list.yaml:1:1: expected a map, got a list\n"
        "main.yaml:1:11: include[0]: expected a readable file \"gone.yaml\": No such file or "
        "directory\n"
        "main.yaml:1:33: include[2]: expected a readable file \"sub\": it is a directory\n"
        "main.yaml:1:38: include[3]: expected the name of a file, got a list\n"
        "main.yaml:2:1: include: the key stands twice in this map; keep one of them\n");
}

TEST_CASE("a key that stands twice is kept through includes") {
  Files files;
  files.Write("main.yaml", "include: [base.yaml]\na: 1\na: 2\nb: 1\nb: 2\n")
      .Write("base.yaml", "b: 0\n");
  const ConfigNode root = files.Loaded();
  size_t a = 0;
  for (const ConfigNode::Entry& entry : root.entries) a += entry.key == "a" ? 1 : 0;
  CHECK(a == 2);
}

TEST_CASE("a file that is not there says so") {
  Problems problems;
  const Result<ConfigNode> node = LoadConfig("/nowhere/x.yaml", ProcessEnvironment(), &problems);
  CHECK(node.status().code() == Code::kNotFound);
  CHECK(problems.Format().find("expected a readable configuration file: No such file") !=
        std::string::npos);
}

TEST_CASE("an empty file is an empty configuration") {
  Files files;
  CHECK(files.Write("main.yaml", "").Loaded().entries.empty());
}

}  // namespace
}  // namespace bongsu
