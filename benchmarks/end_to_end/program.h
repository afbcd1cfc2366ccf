// The engine as its users run it: a process of its own, started with arguments and ended by
// SIGTERM.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace bongsu::benchmarks {

class Program final {
 public:
  // `variables` come on top of this process's environment; standard output and error go to
  // `log_path`.
  static Result<std::unique_ptr<Program>> Start(
      const std::vector<std::string>& words,
      const std::vector<std::pair<std::string, std::string>>& variables, std::string log_path);
  // Ends it, without grace if Stop was not called.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  // Ok while it runs; else what it said last.
  Status Running();
  // Asks it to end and waits. kUnavailable when it took longer than half a minute or failed.
  Status Stop();
  // Ends it at once, as kill -9 does.
  void Kill();
  // What it has written to its log.
  std::string Log() const;

 private:
  Program(pid_t pid, std::string log_path) : pid_(pid), log_path_(std::move(log_path)) {}
  std::string Said() const;  // The end of it.
  pid_t pid_;
  const std::string log_path_;
};

}  // namespace bongsu::benchmarks
