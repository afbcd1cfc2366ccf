#include "engine/app/commands/support.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "engine/base/strings.h"

namespace bongsu {

std::string FindShipped(const std::string& file) {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const char* beside : {"../../deploy/config", "../share/bongsu/config"}) {
    const std::filesystem::path shipped =
        (program.parent_path() / beside / file).lexically_normal();
    if (std::filesystem::exists(shipped, error)) return shipped.string();
  }
  return file;
}

std::string FindConfig(const std::string& named) {
  if (!named.empty()) return named;
  if (const char* variable = std::getenv("BONGSU_CONFIG")) return variable;
  std::error_code error;
  if (std::filesystem::exists("bongsu.yaml", error)) return "bongsu.yaml";
  return FindShipped("bongsu.yaml");
}

std::optional<EngineConfig> LoadOrReport(const std::string& named, const Environment& environment) {
  Problems problems;
  Result<EngineConfig> config = LoadEngineConfig(FindConfig(named), environment, &problems);
  if (problems.empty() && config.ok()) return *std::move(config);
  std::cerr << problems.Format();
  if (problems.empty()) std::cerr << "bongsu: " << config.status().message() << "\n";
  return std::nullopt;
}

namespace {

// Pipes and devices may be named often.
bool SameFile(std::string_view a, std::string_view b) {
  std::error_code error;
  const auto real = [&](std::string_view path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  };
  if (a.empty() || a == "-" || b == "-" || real(a) != real(b)) return false;
  return std::filesystem::is_regular_file(a, error) || !std::filesystem::exists(a, error);
}

}  // namespace

Status CheckOutputs(std::span<const NamedFile> outputs, const std::vector<std::string>& inputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    for (const std::string& input : inputs) {
      if (SameFile(outputs[i].path, input)) {
        return Status::Invalid(StrCat(outputs[i].option, " ", outputs[i].path,
                                      ": is read, too, and would be lost; name another file"));
      }
    }
    for (size_t before = 0; before < i; ++before) {
      if (SameFile(outputs[i].path, outputs[before].path)) {
        return Status::Invalid(StrCat(outputs[i].option, " ", outputs[i].path, ": is the file of ",
                                      outputs[before].option, "; name another"));
      }
    }
  }
  return Status::Ok();
}

Progress::Progress() : shown_(isatty(STDERR_FILENO) != 0) {}

void Progress::Write(const std::string& text) {
  std::cerr << "\r" << text << "\033[K" << std::flush;
}

void Progress::Clear() const {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
}

int Fail(const Status& status) {
  std::cerr << "bongsu: " << status.message() << "\n";
  return 1;
}

}  // namespace bongsu
