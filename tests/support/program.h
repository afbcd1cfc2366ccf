// A program run as a child process, the way a user or an init system runs it: with arguments,
// environment and user of its own, its output kept in a file. For tests of the whole; one thread.
// A child that still runs when the object goes, or when the test dies, is killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bongsu {

struct ProgramOptions {
  std::vector<std::string> words;  // The program's path, then its arguments.
  std::string output;              // The file that standard output and error are appended to.
  std::string directory;           // Where it starts; empty: here.
  bool bare = false;  // No home and no environment but our own, as under a strict supervisor.
  std::optional<uid_t> user;  // Also the group. Needs root.
};

class Program final {
 public:
  explicit Program(ProgramOptions options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool Running();
  pid_t pid() const { return pid_; }
  // False when it had ended before.
  bool Signal(int signal);
  // Kills it at once and waits until it is gone; false when it had ended before.
  bool Kill();
  // The exit code, 128 + the number of the signal that ended it, or nullopt: still running.
  std::optional<int> Wait(std::chrono::milliseconds patience);
  // All that has been written to the file so far, by earlier runs too.
  std::string Output() const;

 private:
  const ProgramOptions options_;
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

// Runs it to its end; kills it after a minute (-1).
struct ProgramResult {
  int exit_code = -1;
  std::string output;
};
ProgramResult RunProgram(ProgramOptions options);

void PauseBetweenQuestions();

// Asks every few milliseconds until `done` says true; false when patience ends.
template <typename Done>
bool Eventually(std::chrono::milliseconds patience, Done done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    PauseBetweenQuestions();
  }
  return true;
}

}  // namespace bongsu
