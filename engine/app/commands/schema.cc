#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/app/commands/commands.h"
#include "engine/app/engine_config.h"

namespace bongsu {

void RegisterSchema(CLI::App& app, std::function<int()>* action) {
  CLI::App* command =
      app.add_subcommand("schema", "Print the JSON Schema of the configuration file");
  command->footer(
      "Editors with a YAML language server check and complete the file by it.\n\n"
      "Example:\n  bongsu schema > bongsu.schema.json");
  command->final_callback([action] {
    *action = [] {
      std::cout << EngineConfigSchema() << std::endl;
      return std::cout.good() ? 0 : 1;
    };
  });
}

}  // namespace bongsu
