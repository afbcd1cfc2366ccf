// A child process that writes a byte for each thing it has made durable, and is killed (-9) when
// the test has read as many as it wants. The child is this same test program running one hidden
// test case: a fresh process, since a forked copy would lack the database's threads.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace bongsu {

inline constexpr const char* kChildDirectory = "BONGSU_CHILD_DIRECTORY";

// In the child: the directory to work in, or null when a person runs the hidden case by hand.
inline const char* ChildDirectory() {
  return ::getenv(kChildDirectory);
}
// In the child; false when the parent is gone.
inline bool ReportDurable() {
  return ::write(STDOUT_FILENO, ".", 1) == 1;
}

// Runs `test_case` in `directory` and kills it once `wanted` bytes have come. Returns how many
// bytes were written in all, or -1 when the child ended by itself.
inline int RunAndKill(const std::string& test_case, const std::string& directory, int wanted) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::close(pipe_ends[0]);
    ::setenv(kChildDirectory, directory.c_str(), 1);
    // -o: what the test framework itself prints must not count.
    ::execl("/proc/self/exe", "child", test_case.c_str(), "-o", "/dev/null",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  int seen = 0;
  bool ended = false;
  const auto read_one = [&] {
    char byte = 0;
    if (::read(pipe_ends[0], &byte, 1) != 1) return false;
    ++seen;
    return true;
  };
  while (seen < wanted && !ended) ended = !read_one();
  ::kill(child, SIGKILL);
  while (read_one()) {
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return !ended && WIFSIGNALED(status) ? seen : -1;
}

}  // namespace bongsu
