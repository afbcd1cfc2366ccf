#include "engine/app/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/base/strings.h"
#include "engine/core/clock.h"

namespace bongsu {
namespace {

Status NotWritable(const std::string& directory) {
  return Status::Invalid(
      StrCat("data_dir: ", directory, " is not writable; name another or change its owner"));
}

}  // namespace

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

Status DirectoryLock::Take(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  fd_ = open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return NotWritable(directory);
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return Status::Ok();
  return Status::Invalid(StrCat("data_dir: ", directory,
                                " is held by another process; stop it or name another directory"));
}

Result<std::string> InstanceName(const EngineConfig& config) {
  if (!config.kafka.instance.empty()) return config.kafka.instance;
  const std::filesystem::path path = std::filesystem::path(config.data_dir) / "instance";
  std::string name;
  if (std::ifstream in(path); in >> name) return name;
  SystemRng random;
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%012llx",
                static_cast<unsigned long long>(random.Next() & 0xFFFFFFFFFFFFull));
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  std::ofstream out(path);
  if (!(out << digits << std::endl)) return NotWritable(config.data_dir);
  return std::string(digits);
}

std::string EmbeddedPath(const EngineConfig& config) {
  return config.data_dir + "/embedded";
}

std::string StorePath(const EngineConfig& config, int32_t partition) {
  if (config.kafka.brokers.empty()) return EmbeddedPath(config);
  return StrCat(config.data_dir, "/state/", config.score.input, "-", partition);
}

std::string StorePrefix(const EngineConfig& config, int32_t partition) {
  return config.kafka.brokers.empty() ? StrCat("s/", partition, "/") : std::string();
}

std::vector<TopicPartition> StoredPartitions(const EngineConfig& config) {
  std::vector<TopicPartition> all;
  const std::string prefix = config.score.input + "-";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(config.data_dir + "/state", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const char* const end = name.data() + name.size();
    int32_t partition = -1;
    const auto parsed = std::from_chars(name.data() + prefix.size(), end, partition);
    if (parsed.ec == std::errc() && parsed.ptr == end)
      all.push_back({config.score.input, partition});
  }
  return all;
}

}  // namespace bongsu
