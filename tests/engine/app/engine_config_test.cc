#include "engine/app/engine_config.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "engine/config/yaml.h"

namespace bongsu {
namespace {

const std::string kShipped = std::string(BONGSU_SOURCE_DIR) + "/deploy/config/";

std::optional<std::string> NoVariables(const std::string&) {
  return std::nullopt;
}

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A directory that goes away with the test.
class Directory {
 public:
  Directory() {
    static int count = 0;
    path_ =
        (std::filesystem::temp_directory_path() / StrCat("bongsu-config-", getpid(), '-', ++count))
            .string() +
        "/";
    std::filesystem::create_directories(path_);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + name, std::ios::binary) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

EngineConfig Make(const std::string& yaml) {
  Problems problems;
  Result<ConfigNode> root = ParseYaml(yaml, "a.yaml", &problems);
  REQUIRE(root.ok());
  Result<EngineConfig> config = MakeEngineConfig(*std::move(root), &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  return *std::move(config);
}

std::string Digest(const std::string& yaml) {
  return Make(yaml).config_digest;
}

const std::string kFeature = "features: [{name: logins, count: {action: LOGIN}, window: 1h}]\n";

TEST_CASE("nothing said means the defaults") {
  const EngineConfig config = Make("");
  CHECK(config.tenant == "default");
  CHECK(config.data_dir == "bongsu-data");
  CHECK(config.score.input == "bongsu.events");
  CHECK(config.commit.interval.value == std::chrono::milliseconds(100));
  CHECK(config.http.ops.listen.value == "127.0.0.1:9470");
  REQUIRE(config.pipeline.size() == 2);
  CHECK(config.pipeline[0].spec->name == "risk");
  CHECK(config.pipeline[1].spec->name == "decide");
}

TEST_CASE("what is said is what counts") {
  const EngineConfig config = Make(
      "kafka: {brokers: b, prefix: risk}\nsources: [{name: vpn, topic: vpn.log, lateness: 12h, "
      "idle_timeout: 1m}]\n"
      "state: {profiles: 7, block_cache: 8MiB}\ncommit: {max_bytes: 1MiB}\nhttp: {ops: {listen: "
      "\"\"}}\n");
  CHECK(config.score.input == "risk.events");
  CHECK(config.timings.at("vpn").lateness == std::chrono::hours(12));
  CHECK(config.timings.at("vpn").idle_timeout == std::chrono::minutes(1));
  CHECK(config.state.profiles == 7);
  CHECK(config.state.rocksdb.block_cache == ByteSize{8 << 20});
  CHECK(config.state.rocksdb.write_buffer == RocksDbOptions().write_buffer);
  CHECK(config.commit.max_bytes == ByteSize{1 << 20});
}

TEST_CASE("the pipeline stands in the order of the stages, whatever the order of the file") {
  const EngineConfig config = Make(
      "decide: {threshold: 70}\ndetect: [{half_space_trees: {name: x, features: [late]}}]\n"
      "features: [{name: late, count: {off_hours: true}, window: 1h}]\nenrich: [{calendar: {}}]\n");
  std::string names;
  for (const ConfiguredOperator& configured : config.pipeline) names += configured.spec->name + " ";
  CHECK(names == "calendar count half_space_trees risk decide ");

  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> operators;
  REQUIRE(BuildPipeline(config, &schema, &operators).ok());
  CHECK(operators.size() == 5);
  CHECK(schema.features().at(0).name == "late");
  CHECK(schema.detectors() == std::vector<std::string>{"x"});
  PipelineSchema again;
  std::vector<std::unique_ptr<Operator>> others;
  CHECK(BuildPipeline(config, &again, &others).ok());
}

TEST_CASE("the digest sees what can change a result") {
  const std::string detect = "detect: [{half_space_trees: {name: x, features: [logins]}}]\n";
  const std::string base = Digest(kFeature + detect);
  const std::set<std::string> digests = {
      base,
      Digest("tenant: b\n" + kFeature + detect),
      Digest("seed: 2\n" + kFeature + detect),
      Digest(kFeature),
      Digest("features: [{name: logins, count: {action: LOGIN}, window: 2h}]\n" + detect),
      Digest("detect: [{half_space_trees: {name: x, trees: 9, features: [logins]}}]\n" + kFeature),
      Digest("enrich: [{calendar: {}}]\n" + kFeature + detect),
      Digest("decide: {threshold: 61}\n" + kFeature + detect),
      Digest("score: {risk: {half_life: 1h}}\n" + kFeature + detect),
      Digest("limits: {depth: 9}\n" + kFeature + detect),  // An event over them is none.
      Digest("score: {dedup_window: 1}\n" + kFeature + detect),
      Digest("sources: [{name: a, stdin: true}]\n" + kFeature + detect),
      Digest("sources: [{name: a, stdin: true, lateness: 1h}]\n" + kFeature + detect),
      Digest("sources: [{name: a, stdin: true, idle_timeout: 1h}]\n" + kFeature + detect)};
  CHECK(digests.size() == 14);
}

TEST_CASE("the digest does not see what cannot") {
  const std::string base = Digest(kFeature);
  CHECK(base.size() == 64);
  for (const char* more :
       {"kafka: {brokers: \"a:1\", prefix: other, partitions: 9}\n", "commit: {interval: 1s}\n",
        "http: {ops: {listen: \"\"}}\n", "log: {level: debug}\n", "data_dir: elsewhere\n",
        "state: {profiles: 5, block_cache: 1MiB}\n", "score: {input: other}\n",
        "ingest: {tick_interval: 1s}\n", "tenant: default\n", "seed: 1\n"}) {
    INFO(more);
    if (std::string(more).starts_with("score")) {
      CHECK(Digest("score: {}\n" + kFeature) == Digest(more + kFeature));
    } else {
      CHECK(Digest(more + kFeature) == base);
    }
  }
  CHECK(Digest("sources: [{name: a, stdin: true}]\n") ==
        Digest("sources: [{name: a, files: [x]}]\n"));
}

TEST_CASE("the digest sees the contents of a table, not its place") {
  Directory one, other;
  const std::string yaml = "enrich: [{resources: {file: table.csv}}]\n";
  one.Write("a.yaml", yaml);
  other.Write("a.yaml", yaml);
  const auto digest = [](const Directory& directory, const std::string& rows) {
    directory.Write("table.csv", "resource_id,sensitivity\n" + rows);
    Problems problems;
    const Result<EngineConfig> config =
        LoadEngineConfig(directory.path() + "a.yaml", NoVariables, &problems);
    INFO(problems.Format());
    REQUIRE(config.ok());
    return config->config_digest;
  };
  CHECK(digest(one, "payroll,9\n") == digest(other, "payroll,9\n"));
  CHECK(digest(one, "payroll,9\n") != digest(one, "payroll,8\n"));
}

TEST_CASE("relative names start at the file that holds them") {
  Directory directory;
  std::filesystem::create_directories(directory.path() + "sub");
  directory.Write("a.yaml", "include: [sub/b.yaml]\n");
  directory.Write("sub/b.yaml",
                  "sources: [{name: a, files: [spool/*.gz, /abs/x]}]\nenrich: [{resources: {file: "
                  "table.csv}}]\n");
  directory.Write("sub/table.csv", "resource_id,sensitivity\nx,1\n");
  Problems problems;
  const Result<EngineConfig> config =
      LoadEngineConfig(directory.path() + "a.yaml", NoVariables, &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  CHECK(config->sources[0].files[0] == directory.path() + "sub/spool/*.gz");
  CHECK(config->sources[0].files[1] == "/abs/x");
}

TEST_CASE("detectors without a seed take that of the file") {
  // A seed that the detector refuses shows where its seed comes from.
  const std::string detect = "detect: [{half_space_trees: {name: x, features: [logins]}}]\n";
  CHECK(Digest("seed: 5\n" + kFeature + detect) != Digest("seed: 6\n" + kFeature + detect));
  Problems problems;
  Result<ConfigNode> root = ParseYaml("seed: 5\n" + kFeature + detect, "a.yaml", &problems);
  REQUIRE(root.ok());
  const Result<EngineConfig> with = MakeEngineConfig(*root, &problems);
  REQUIRE(with.ok());
  PipelineSchema schema, own_schema;
  std::vector<std::unique_ptr<Operator>> operators, own_operators;
  REQUIRE(BuildPipeline(*with, &schema, &operators).ok());
  const EngineConfig own =
      Make(kFeature + "detect: [{half_space_trees: {name: x, seed: 5, features: [logins]}}]\n");
  REQUIRE(BuildPipeline(own, &own_schema, &own_operators).ok());
  REQUIRE_FALSE(schema.models().empty());
  CHECK(schema.models()[0].model->Save() == own_schema.models()[0].model->Save());
}

// --- Every line of the shipped configurations, spoiled one by one
// --------------------------------------------------

struct Spot {
  std::string path;
  int line = 0, column = 0;
  bool key = false;
  bool quoted = false;
  std::string text;
};

void Collect(const ConfigNode& node, const std::string& path, std::vector<Spot>* out) {
  if (node.kind == ConfigNode::Kind::kScalar) {
    out->push_back({path, node.mark.line, node.mark.column, false, node.quoted, node.scalar});
  }
  for (const ConfigNode& item : node.items) Collect(item, path + "[]", out);
  for (const ConfigNode::Entry& entry : node.entries) {
    out->push_back(
        {path + "." + entry.key, entry.mark.line, entry.mark.column, true, false, entry.key});
    Collect(entry.value, path + "." + entry.key, out);
  }
}

// `text` with what stands at the spot replaced.
std::string Spoiled(const std::string& text, const Spot& spot, const std::string& by) {
  size_t at = 0;
  for (int line = 1; line < spot.line; ++line) at = text.find('\n', at) + 1;
  at += static_cast<size_t>(spot.column - 1);
  const std::string there = spot.quoted ? StrCat('"', spot.text, '"') : spot.text;
  REQUIRE(text.compare(at, there.size(), there) == 0);
  return text.substr(0, at) + by + text.substr(at + there.size());
}

// Values for which any text is good.
bool IsFreeText(const std::string& path) {
  static const std::regex free(
      R"(\.(tenant|data_dir|sinks\.alerts_file|sources\[\]\.files\[\]|features\[\]\.(zscore\.)?(count|where|time_since|ratio\.of|ratio\.to)\..*)"
      R"(|features\[\]\.(label|label_ko|description)|detect\[\]\.(half_space_trees|ecod)\.name))");
  return std::regex_match(path, free);
}

// Keys that the user chooses.
bool IsFreeKey(const std::string& path) {
  static const std::regex free(R"(\.enrich\[\]\.calendar\.(branches|shifts)\.[a-z]+)");
  return std::regex_match(path, free);
}

bool HasRemedy(const std::string& line) {
  return line.find("expected") != std::string::npos ||
         line.find("did you mean") != std::string::npos ||
         line.find("known here") != std::string::npos;
}

// Spoils each key and value of `file`, which `root` is or includes, and expects a problem on its
// line.
void SpoilAll(const std::string& root, const std::string& file) {
  Directory copy;
  std::filesystem::create_directories(copy.path() + "config");
  std::filesystem::create_directories(copy.path() + "mappings");
  std::filesystem::create_directories(copy.path() + "calendars");
  for (const char* folder : {"config/", "mappings/", "calendars/"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kShipped + "../" + folder)) {
      std::filesystem::copy(entry.path(), copy.path() + folder + entry.path().filename().string(),
                            std::filesystem::copy_options::recursive);
    }
  }
  const std::string text = Read(kShipped + file);
  const std::string path = copy.path() + "config/" + file;
  const auto expect_problem = [&](const Spot& spot, const std::string& by) {
    copy.Write("config/" + file, Spoiled(text, spot, by));
    Problems problems;
    const bool ok = LoadEngineConfig(copy.path() + "config/" + root, NoVariables, &problems).ok();
    const std::string all = problems.Format();
    bool found = false;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) {
      found = found || (line.starts_with(StrCat(path, ':', spot.line, ':')) && HasRemedy(line));
    }
    INFO(file << ':' << spot.line << ": " << spot.path << ": " << spot.text << " -> " << by << "\n"
              << all);
    CHECK_FALSE(ok);
    CHECK(found);
  };
  Problems none;
  const Result<ConfigNode> tree = ParseYaml(text, file, &none);
  REQUIRE(tree.ok());
  std::vector<Spot> spots;
  Collect(*tree, "", &spots);
  REQUIRE(spots.size() > 10);
  for (const Spot& spot : spots) {
    if (spot.key) {
      if (!IsFreeKey(spot.path)) expect_problem(spot, spot.text + "z");
    } else {
      expect_problem(spot, "[[x]]");
      if (!IsFreeText(spot.path)) expect_problem(spot, "\"~bogus~\"");
    }
  }
}

TEST_CASE(
    "a mistake on any line of the shipped configuration is reported on that line, with a remedy") {
  SpoilAll("bongsu.yaml", "bongsu.yaml");
  SpoilAll("bongsu.yaml", "behaviour.yaml");
}

TEST_CASE("so is one in the shipped configuration for CloudTrail") {
  SpoilAll("cloudtrail.yaml", "cloudtrail.yaml");
}

}  // namespace
}  // namespace bongsu
