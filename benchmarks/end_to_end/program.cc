#include "benchmarks/end_to_end/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/base/strings.h"

namespace bongsu::benchmarks {

Result<std::unique_ptr<Program>> Program::Start(
    const std::vector<std::string>& words,
    const std::vector<std::pair<std::string, std::string>>& variables, std::string log_path) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [known, value] : variables) replaced |= known == name;
    if (!replaced) environment.emplace_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(StrCat(name, "=", value));
  std::vector<char*> arguments, entries;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& entry : environment) entries.push_back(const_cast<char*>(entry.c_str()));
  arguments.push_back(nullptr);
  entries.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, words[0].c_str(), &files, nullptr, arguments.data(), entries.data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    return Status::Unavailable(
        StrCat(words[0], " cannot be started: ", std::strerror(error), "; build target bongsu"));
  }
  return std::unique_ptr<Program>(new Program(pid, std::move(log_path)));
}

Program::~Program() {
  Kill();
}

void Program::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Program::Log() const {
  std::ifstream file(log_path_);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Program::Said() const {
  const std::string text = Log();
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

Status Program::Running() {
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return Status::Ok();
  pid_ = -1;
  return Status::Unavailable(StrCat("the engine ended early: ", Said()));
}

Status Program::Stop() {
  BONGSU_RETURN_IF_ERROR(Running());
  kill(pid_, SIGTERM);
  for (int turn = 0; turn < 600; ++turn) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != 0) {
      pid_ = -1;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Status::Ok();
      return Status::Unavailable(StrCat("the engine did not end well: ", Said()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return Status::Unavailable("the engine did not end within 30 s");
}

}  // namespace bongsu::benchmarks
