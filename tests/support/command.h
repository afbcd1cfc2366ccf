// Runs a subcommand inside the test, with what it prints kept in strings. One thread; what the
// command writes must go through std::cout and std::cerr.
//
//   const Ran ran = RunCommand(RegisterCheck, {"check", "-c", "bongsu.yaml"});
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace bongsu {

struct Ran {
  int code = -1;
  std::string out, err;
};

template <typename Register>
Ran RunCommand(Register add, std::vector<std::string> arguments) {
  CLI::App app("bongsu");
  app.require_subcommand(1);
  std::function<int()> action;
  add(app, &action);
  std::reverse(arguments.begin(), arguments.end());  // As CLI11 takes them.
  std::ostringstream out, err;
  std::streambuf* const old_out = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const old_err = std::cerr.rdbuf(err.rdbuf());
  Ran ran;
  try {
    app.parse(arguments);
    ran.code = action();
  } catch (const CLI::ParseError& error) {
    ran.code = app.exit(error) == 0 ? 0 : 2;
  }
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

}  // namespace bongsu
