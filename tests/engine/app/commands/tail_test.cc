// Through a pipe as standard input, and as a child process that follows a file.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "tests/support/command.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

using namespace std::chrono_literals;

std::string Alert(std::string_view user, int risk) {
  return StrCat(R"({"activity_id":1,"time":1772456400000,"risk_score":)", risk,
                R"(,"message":"because","actor":{"user":{"uid":")", user, R"("}}})", "\n");
}

Ran Tail(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tail");
  return RunCommand(RegisterTail, std::move(arguments));
}

ProgramResult InShell(const TempDir& dir, const std::string& command) {
  return RunProgram({.words = {"/bin/sh", "-c", command},
                     .output = dir.File("shell.txt"),
                     .directory = dir.path(),
                     .bare = false,
                     .user = std::nullopt});
}

TEST_CASE("from standard input it shows what passes the filters, to the end") {
  const TempDir dir;
  std::ofstream(dir.File("in.jsonl")) << Alert("kim", 85) << Alert("lee", 97) << "nonsense\n"
                                      << Alert("kim", 62) << Alert("kim", 99).substr(0, 200);
  const ProgramResult ran =
      InShell(dir, BONGSU_PROGRAM " tail - --person kim --min-severity high < in.jsonl");
  CHECK(ran.exit_code == 0);
  CHECK(ran.output ==
        "2026-03-02T13:00:00.000Z  high           85   kim           because\n"
        "2026-03-02T13:00:00.000Z  critical       99   kim           because\n"
        "bongsu: 1 line(s) were no alerts and not shown\n");
}

TEST_CASE("it ends when the reader of its output goes, without an error") {
  const TempDir dir;
  std::ofstream(dir.File("in.jsonl")) << Alert("kim", 85) << Alert("lee", 97);
  const ProgramResult ran =
      InShell(dir, "( " BONGSU_PROGRAM
                   " tail in.jsonl --from-beginning; echo $? > code ) | head -n 1; "
                   "cat code");
  CHECK(ran.output == "2026-03-02T13:00:00.000Z  high           85   kim           because\n0\n");
}

TEST_CASE("it follows a file through a rotation until it is interrupted") {
  const TempDir dir;
  const std::string file = dir.File("alerts.jsonl");
  std::ofstream(file) << Alert("old", 85);
  Program tail({.words = {BONGSU_PROGRAM, "tail", file},
                .output = dir.File("out.txt"),
                .directory = dir.path(),
                .bare = false,
                .user = std::nullopt});
  const auto shows = [&](const std::string& user) {
    return Eventually(20s, [&] {
      // Until it has looked once, what is written counts as there before.
      std::ofstream(file, std::ios::app) << Alert(user, 85);
      return tail.Output().find(user) != std::string::npos;
    });
  };
  CHECK(shows("first"));
  REQUIRE(std::rename(file.c_str(), (file + ".1").c_str()) == 0);
  CHECK(shows("second"));
  CHECK(tail.Signal(SIGINT));
  CHECK(tail.Wait(20s) == 0);
  CHECK(tail.Output().find("old") == std::string::npos);
  CHECK(tail.Output().find('\033') == std::string::npos);  // A file is no terminal.
}

TEST_CASE("tail says where there is nothing to follow") {
  const TempDir dir;
  const std::string config = dir.File("bongsu.yaml");
  std::ofstream(config) << "data_dir: x\n";
  const Ran nothing = Tail({"-c", config});
  CHECK(nothing.code == 1);
  CHECK(nothing.err.find("names neither kafka.brokers nor sinks.alerts_file") != std::string::npos);
  const Ran samples = Tail({"-c", config, "--below-budget"});
  CHECK(samples.code == 1);
  CHECK(samples.err.find("name a file that replay --samples wrote") != std::string::npos);
  const Ran directory = Tail({dir.path()});
  CHECK(directory.code == 1);
  CHECK(directory.err.find("cannot be read: Is a directory") != std::string::npos);
  CHECK(Tail({"--min-severity", "High"}).code == 2);
  const Ran help = Tail({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Example:\n  bongsu tail ") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
