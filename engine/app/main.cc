#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/app/commands/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Bongsu: is this person's behaviour a risk, how much, and why? Event by event.",
               "bongsu");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 ok, 1 failed, 2 usage.\nExample:\n  bongsu demo");
  std::function<int()> action;
  bongsu::RegisterRun(app, &action);
  bongsu::RegisterDemo(app, &action);
  bongsu::RegisterCheck(app, &action);
  bongsu::RegisterSchema(app, &action);
  bongsu::RegisterTopics(app, &action);
  bongsu::RegisterState(app, &action);
  bongsu::RegisterGenerate(app, &action);
  bongsu::RegisterReplay(app, &action);
  bongsu::RegisterEval(app, &action);
  bongsu::RegisterTail(app, &action);
  bongsu::RegisterLoadtest(app, &action);
  bongsu::RegisterReproduce(app, &action);
  bongsu::RegisterExplain(app, &action);
  bongsu::RegisterVersion(app, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return action();
}
