// A version of the configuration leaves as artifacts and comes back the same.
#include "engine/app/version_body.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/app/score_version.h"
#include "engine/app/version_book.h"
#include "engine/base/strings.h"
#include "engine/config/digest.h"
#include "engine/crypto/digest.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

std::optional<std::string> Variable(const std::string& name) {
  return name == "RISK" ? std::optional<std::string>("70") : std::nullopt;
}

const std::string kYaml =
    "tenant: bank\n"
    "seed: 7\n"
    "limits: {attributes: 64}\n"
    "enrich:\n"
    "  - people: {file: people.csv}\n"
    "  - calendar: {holiday_files: [days.csv], branch: person.branch, branches: {london: {}}}\n"
    "features:\n"
    "  - {name: logins, count: {action: LOGIN, off_hours: \"true\"}, window: 1h}\n"
    "detect: [{ecod: {name: extremes, features: [logins]}}]\n"
    "score: {dedup_window: 1000, risk: {half_life: 6h}}\n"
    "decide: {threshold: \"${RISK}\", budget: 50/day}\n"
    "sources: [{name: access, stdin: true, lateness: 3h, idle_timeout: 7m}, {name: vpn, files: "
    "[a.jsonl]}]\n";

// A folder with the above in it.
struct Site {
  Site() {
    Write("a.yaml", kYaml);
    Write("people.csv", "user_id,from,branch\nann,,london\n");
    Write("days.csv", "date,name,kind\n2026-05-05,,public\n");
  }
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(dir.File(file)) << text;
  }
  EngineConfig Load() const {
    Problems problems;
    Result<EngineConfig> config = LoadEngineConfig(dir.File("a.yaml"), Variable, &problems);
    INFO(problems.Format());
    REQUIRE(config.ok());
    return *std::move(config);
  }
  TempDir dir;
};

class NoWait final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(); }
  void SleepFor(Duration) const override {}
};

FetchArtifacts From(const Artifacts& artifacts) {
  return [&artifacts](const std::vector<std::string>& names) -> Result<Artifacts> {
    Artifacts found;
    for (const std::string& name : names) {
      if (artifacts.contains(name)) found[name] = artifacts.at(name);
    }
    return found;
  };
}

TEST_CASE("what a version says comes back whole, with its files gone") {
  Artifacts artifacts;
  std::string digest, layout;
  {
    const Site site;
    const EngineConfig config = site.Load();
    const Result<Artifacts> made = ArtifactsOf(config);
    INFO(made.status().message());
    REQUIRE(made.ok());
    artifacts = *made;
    digest = config.config_digest;
    layout = MakeScoreParts(config)->pipeline->layout().descriptor();
  }
  CHECK(artifacts.size() == 3);
  const std::string& body = artifacts.at("config/" + digest);
  CHECK_THAT(body, Catch::StartsWith(R"({"decide":{"budget":"50/day","threshold":"70"},)"));
  CHECK_THAT(body, Catch::Contains(R"("sources":{"access":"10800000000 420000000",)"));
  CHECK_THAT(body, !Catch::Contains(".csv"));

  const auto back = FetchVersion(digest, 12, From(artifacts));
  INFO(back.status().message());
  REQUIRE(back.ok());
  const EngineConfig& config = **back;
  CHECK(config.config_digest == digest);
  CHECK(config.tenant == "bank");
  CHECK(config.kafka.partitions == 12);
  CHECK(config.limits.attributes == 64);
  CHECK(config.score.dedup_window == 1000);
  CHECK(config.timings.at("access").lateness == std::chrono::hours(3));
  CHECK(config.timings.at("access").idle_timeout == std::chrono::minutes(7));
  CHECK(config.timings.at("vpn").lateness == std::chrono::minutes(10));
  for (int shard = 0; shard < 2; ++shard) {
    const Result<ScoreParts> parts = MakeScoreParts(config);
    REQUIRE(parts.ok());
    CHECK(parts->pipeline->layout().descriptor() == layout);
  }
}

TEST_CASE("a body that lost something, or is another, is refused by its name") {
  const Site site;
  const EngineConfig config = site.Load();
  Artifacts artifacts = *ArtifactsOf(config);
  const std::string name = "config/" + config.config_digest,
                    table = "table/" + Sha256Hex("user_id,from,branch\nann,,london\n");
  const auto code = [&] {
    const Status status = FetchVersion(config.config_digest, 1, From(artifacts)).status();
    CHECK_THAT(status.message(), Catch::Contains("artifact "));
    return status.code();
  };
  const std::string body = artifacts.at(name), people = artifacts.at(table);
  artifacts[name] = body.substr(1);
  CHECK(code() == Code::kCorrupt);
  artifacts[name] = body;
  artifacts[name].replace(body.find("\"70\""), 4, "\"71\"");
  CHECK(code() == Code::kCorrupt);
  artifacts[name] = body;
  artifacts[table] += "bob,,seoul\n";
  CHECK(code() == Code::kCorrupt);
  artifacts.erase(table);
  CHECK(code() == Code::kNotFound);
  artifacts[table] = people;
  artifacts.erase(name);
  CHECK(code() == Code::kNotFound);
}

TEST_CASE("a version of a later release is refused with the remedy") {
  const std::string body = R"({"decide":{"oracle":"yes"},"seed":"1","sources":{},"tenant":"x"})";
  ConfigNode node;
  node.kind = ConfigNode::Kind::kMap;
  const auto text = [](std::string scalar) {
    ConfigNode value;
    value.kind = ConfigNode::Kind::kScalar;
    value.scalar = std::move(scalar);
    return value;
  };
  ConfigNode decide = node;
  decide.entries.push_back({"oracle", {}, text("yes")});
  node.entries.push_back({"decide", {}, decide});
  node.entries.push_back({"seed", {}, text("1")});
  node.entries.push_back({"sources", {}, ConfigNode{}});
  node.entries.back().value.kind = ConfigNode::Kind::kMap;
  node.entries.push_back({"tenant", {}, text("x")});
  const std::string digest = ConfigDigest(node);
  const Artifacts artifacts = {{"config/" + digest, body}};
  const Status status = FetchVersion(digest, 1, From(artifacts)).status();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("run the release that announced it") &&
                                   Catch::Contains("decide.oracle: unknown key"));
}

TEST_CASE("a table that changes after it was loaded is not announced as what was loaded") {
  const Site site;
  const EngineConfig config = site.Load();
  const std::string before = config.config_digest;
  site.Write("days.csv", "date,name,kind\n2026-05-06,,public\n");
  const Status status = ArtifactsOf(config).status();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("days.csv is not what it was"));
  CHECK(site.Load().config_digest != before);
  // What shards are built of does not change either: the tables were read once.
  std::filesystem::remove(site.dir.File("days.csv"));
  std::filesystem::remove(site.dir.File("people.csv"));
  CHECK(MakeScoreParts(config).ok());
}

TEST_CASE("a process reads each version once, and says once that it is not its own") {
  const Site site;
  const EngineConfig old = site.Load();
  site.Write("days.csv", "date,name,kind\n2026-05-06,,public\n");
  const EngineConfig own = site.Load();
  const std::string other = old.config_digest;
  Artifacts artifacts;
  int fetched = 0, late = 0;
  std::vector<std::string> notes;
  const NoWait clock;
  VersionBook book(
      own,
      [&](const std::vector<std::string>& names) {
        if (++fetched == late) artifacts = *ArtifactsOf(old);
        return From(artifacts)(names);
      },
      clock, [&](std::string_view note) { notes.emplace_back(note); });
  CHECK(book.Get("")->get() == &own);
  CHECK(book.Get(own.config_digest)->get() == &own);
  const Status missing = book.Get(other).status();
  CHECK(missing.code() == Code::kUnavailable);
  CHECK_THAT(missing.message(), Catch::Contains(other) && Catch::Contains("SIGHUP"));
  site.Write("days.csv", "date,name,kind\n2026-05-05,,public\n");
  fetched = 0;
  late = 3;  // The broker does not show them at once.
  std::shared_ptr<const EngineConfig> first = *book.Get(other);
  CHECK(first->config_digest == other);
  CHECK(book.Get(other)->get() == first.get());
  CHECK(fetched == 4);  // Twice nothing, the body, its tables.
  first.reset();        // No shard uses it any more.
  CHECK(book.Get(other).ok());
  CHECK(fetched == 6);
  CHECK(notes.size() == 1);
}

}  // namespace
}  // namespace bongsu
