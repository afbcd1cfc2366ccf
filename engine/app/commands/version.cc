#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr std::string_view kVersion = BONGSU_VERSION;
constexpr std::string_view kCompiler = "g++ " __VERSION__;

int PrintVersion(bool json) {
  std::string text;
  if (json) {
    JsonWriter(&text)
        .BeginObject()
        .Key("version")
        .String(kVersion)
        .Key("compiler")
        .String(kCompiler)
        .EndObject();
  } else {
    text = StrCat("bongsu ", kVersion, " (", kCompiler, ')');
  }
  std::cout << text << std::endl;
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterVersion(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object");
  command->footer("Example:\n  bongsu version --json");
  command->final_callback([action, json] { *action = [json] { return PrintVersion(*json); }; });
}

}  // namespace bongsu
