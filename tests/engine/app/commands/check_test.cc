#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/app/commands/commands.h"
#include "engine/app/engine_config.h"
#include "engine/base/strings.h"
#include "tests/support/command.h"

namespace bongsu {
namespace {

const std::string kShipped = std::string(BONGSU_SOURCE_DIR) + "/deploy/config/";
const std::string kGolden = std::string(BONGSU_SOURCE_DIR) + "/tests/golden/config/";

void RegisterAll(CLI::App& app, std::function<int()>* action) {
  RegisterCheck(app, action);
  RegisterSchema(app, action);
  RegisterVersion(app, action);
}

Ran Run(std::vector<std::string> arguments) {
  return RunCommand(RegisterAll, std::move(arguments));
}

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("check sums up what is good") {
  const Ran ran = Run({"check", "-c", kShipped + "bongsu.yaml"});
  CHECK(ran.code == 0);
  CHECK(ran.err == "");
  CHECK(Holds(ran.out, "features  45\n"));
  CHECK(Holds(ran.out, " bytes a person (of few "));
  CHECK_FALSE(Holds(ran.out, "off_hours_login_ratio"));
  CHECK(Holds(Run({"check", "--verbose", "-c", kShipped + "bongsu.yaml"}).out,
              " B  off_hours_login_ratio "));
  CHECK(Holds(Run({"check", "--verbose", "-c", kShipped + "bongsu.yaml"}).out,
              " 352 B (of few 1376)  resources_vs_self_value distinct/"));
}

TEST_CASE("check runs the tests of the mappings") {
  const Ran ran = Run({"check", "-c", kShipped + "cloudtrail.yaml"});
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(Holds(ran.out, "mappings  1 ("));
  CHECK_FALSE(Holds(ran.out, "(0 tests"));
}

TEST_CASE("check --json is one line for programs") {
  const Ran good = Run({"check", "--json", "-c", kShipped + "bongsu.yaml"});
  CHECK(good.code == 0);
  CHECK(good.out.starts_with("{\"ok\":true,\"sources\":1,"));
  CHECK(good.out.find('\n') == good.out.size() - 1);
  const Ran bad = Run({"check", "--json", "-c", kGolden + "all_at_once.bad.yaml"});
  CHECK(bad.code == 1);
  CHECK(bad.out == "{\"ok\":false,\"problems\":6}\n");
}

TEST_CASE("check lists every problem on standard error") {
  const Ran ran = Run({"check", "-c", kGolden + "all_at_once.bad.yaml"});
  CHECK(ran.code == 1);
  CHECK(ran.out == "");
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 6);
  CHECK(
      Holds(ran.err, "all_at_once.bad.yaml:1:1: tenent: unknown key; did you mean \"tenant\"?\n"));
  CHECK(Run({"check", "-c", "/nowhere.yaml"}).err ==
        "/nowhere.yaml: expected a readable configuration file: No such file or directory\n");
}

TEST_CASE("wrong usage is exit code 2, help is 0") {
  CHECK(Run({"check", "--nonsense"}).code == 2);
  CHECK(Run({}).code == 2);
  for (const char* command : {"check", "schema", "version"}) {
    const Ran help = Run({command, "--help"});
    CHECK(help.code == 0);
    CHECK(Holds(help.out, StrCat("Example:\n  bongsu ", command)));
  }
}

TEST_CASE("schema prints the schema, version the version") {
  CHECK(Run({"schema"}).out == EngineConfigSchema() + "\n");
  CHECK(Run({"version"}).out.starts_with("bongsu 0."));
  CHECK(Run({"version", "--json"}).out.starts_with("{\"version\":\"0."));
}

}  // namespace
}  // namespace bongsu
