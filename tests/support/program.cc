#include "tests/support/program.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

namespace bongsu {
namespace {

// In the child, before the program: only calls that are safe after a fork.
void BecomeProgram(const ProgramOptions& options, char* const* argv, char* const* environment,
                   pid_t parent) {
  setpgid(0, 0);
  const int out = open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int in = open("/dev/null", O_RDONLY);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
  if (options.user) {
    const gid_t group = *options.user;
    if (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(*options.user) != 0) _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  execve(argv[0], argv, environment);
  _exit(127);
}

}  // namespace

Program::Program(ProgramOptions options) : options_(std::move(options)) {
  std::vector<char*> argv;
  for (const std::string& word : options_.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const bool ours = std::string_view(*variable).starts_with("BONGSU_");
    if (ours || !options_.bare) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) BecomeProgram(options_, argv.data(), environment.data(), parent);
}

Program::~Program() {
  Kill();
}

bool Program::Running() {
  return !Wait(std::chrono::milliseconds(0)).has_value();
}

bool Program::Signal(int signal) {
  return Running() && kill(pid_, signal) == 0;
}

bool Program::Kill() {
  if (!Signal(SIGKILL)) return false;
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = 128 + SIGKILL;
  return WIFSIGNALED(status);
}

std::optional<int> Program::Wait(std::chrono::milliseconds patience) {
  if (pid_ < 0) return 126;
  Eventually(patience, [this] {
    if (ended_) return true;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  });
  return ended_;
}

std::string Program::Output() const {
  std::ifstream file(options_.output, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ProgramResult RunProgram(ProgramOptions options) {
  Program program(std::move(options));
  const std::optional<int> code = program.Wait(std::chrono::minutes(1));
  return {code.value_or(-1), program.Output()};
}

void PauseBetweenQuestions() {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace bongsu
