#include "tests/support/kafka_cluster_admin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu {
namespace {

constexpr std::string_view kDone = "\nadmin: done\n", kFailed = "\nadmin: failed: ";

size_t Count(std::string_view text, std::string_view word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

Result<std::unique_ptr<KafkaAdmin>> KafkaAdmin::Start(const std::string& direct) {
  auto admin = std::unique_ptr<KafkaAdmin>(new KafkaAdmin());
  BONGSU_ASSIGN_OR_RETURN(std::vector<std::string> words, ToolsJava());
  const std::string path = admin->dir_.File("lines");
  if (mkfifo(path.c_str(), 0600) != 0) return Status::Unavailable("cannot make a pipe: " + path);
  admin->pipe_ = open(path.c_str(), O_RDWR | O_CLOEXEC);  // Does not wait for its reader.
  words.insert(words.end(), {BONGSU_SOURCE_DIR "/tests/support/kafka/Admin.java", path, direct});
  admin->java_ = std::make_unique<Program>(
      ProgramOptions{std::move(words), admin->dir_.File("admin.log"), {}, false, {}});
  return admin;
}

KafkaAdmin::~KafkaAdmin() {
  if (pipe_ >= 0) close(pipe_);
}

Status KafkaAdmin::Run(const std::string& lines) {
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    line += '\n';
    if (write(pipe_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      return Status::Unavailable("the admin's pipe is closed");
    }
    ++asked_;
  }
  const bool answered = Eventually(std::chrono::seconds(60), [this] {
    const std::string output = java_->Output();
    return Count(output, kDone) == asked_ || Count(output, kFailed) > 0 || !java_->Running();
  });
  const std::string output = java_->Output();
  if (answered && Count(output, kDone) == asked_) return Status::Ok();
  return Status::Invalid("a command of the admin failed: " +
                         output.substr(output.size() - std::min<size_t>(output.size(), 2000)));
}

}  // namespace bongsu
