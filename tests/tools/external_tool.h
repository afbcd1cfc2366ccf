// Runs a program that a test checks our output with, and says whether it may be missed: on a
// machine without the program a test warns and passes, on CI (environment CI=true) it fails.
#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bongsu {

struct ToolRun {
  int exit_code = -1;
  std::string output;  // Standard output and error.
};

inline ToolRun RunTool(const std::string& command) {
  ToolRun run;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char piece[4096];
  for (size_t size = 0; (size = fread(piece, 1, sizeof(piece), pipe)) > 0;) {
    run.output.append(piece, size);
  }
  const int status = pclose(pipe);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

// For a tool or data that is not there.
inline void SkipWithout(std::string_view what, const std::string& why) {
  const char* const ci = std::getenv("CI");
  if (ci != nullptr && std::string_view(ci) == "true") {
    FAIL("CI needs " << what << ": " << why);
  }
  WARN("skipped: " << what << " is not there: " << why);
}

// A Python with tests/tools/requirements.txt, or empty after SkipWithout.
inline std::string TestPython() {
  const std::string program = BONGSU_PROGRAM;
  const std::string build = program.substr(0, program.rfind('/'));
  ToolRun run = RunTool(std::string(BONGSU_SOURCE_DIR) + "/tests/tools/python_env '" + build + "'");
  if (run.exit_code != 0) {
    SkipWithout("a Python environment", run.output);
    return {};
  }
  while (!run.output.empty() && run.output.back() == '\n') run.output.pop_back();
  return run.output.substr(run.output.rfind('\n') + 1);
}

}  // namespace bongsu
