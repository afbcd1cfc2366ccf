#include "tests/faults/damage.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/strings.h"

namespace bongsu::faults {
namespace {

namespace fs = std::filesystem;

std::string FillerOf(const std::string& folder) {
  return folder + "/filler";
}

bool Is(const std::string& name, const std::string& kind) {
  return kind[0] == '.' ? name.ends_with(kind) : name.starts_with(kind);
}

bool WriteFile(const char* path, const std::string& text) {
  std::ofstream file(path);
  return (file << text << std::flush).good();
}

}  // namespace

std::vector<std::string> FilesOf(const std::string& state, const std::string& kind) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(state, error)) {
    const bool aside = entry.path().string().find(".corrupt-") != std::string::npos;
    if (entry.is_regular_file(error) && !aside && entry.file_size(error) > 0 &&
        Is(entry.path().filename().string(), kind)) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void DamageFile(const std::string& state, const std::string& kind, SplitMix64& random) {
  const std::vector<std::string> files = FilesOf(state, kind);
  if (files.empty()) return;
  std::error_code ignored;
  const std::string& path = files[random.Below(files.size())];
  const uint64_t at = random.Below(fs::file_size(path, ignored));
  if (random.Below(3) == 0) return fs::resize_file(path, at, ignored);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ static_cast<int>(1 + random.Below(255))));
}

Status PrepareMounts() {
  const bool root = geteuid() == 0;
  const auto user = geteuid();
  if (unshare(root ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0 ||
      (!root && !(WriteFile("/proc/self/setgroups", "deny") &&
                  WriteFile("/proc/self/uid_map", StrCat("0 ", user, " 1")))) ||
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Status::NotFound(StrCat("no file systems may be mounted here: ", std::strerror(errno)));
  }
  return Status::Ok();
}

Status MountSmallDisk(const std::string& folder, int megabytes) {
  const std::string size = StrCat("size=", megabytes, "m");
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0) return Status::Ok();
  return Status::NotFound(
      StrCat("no file system can be mounted at ", folder, ": ", std::strerror(errno)));
}

void UnmountSmallDisk(const std::string& folder) {
  umount2(folder.c_str(), MNT_DETACH);
}

void FillDisk(const std::string& folder) {
  const int fd = open(FillerOf(folder).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string zeros(65536, '\0');
  for (size_t size = zeros.size(); size > 0;) {
    if (write(fd, zeros.data(), size) <= 0) size /= 2;
  }
  close(fd);
}

void FreeDisk(const std::string& folder) {
  std::error_code ignored;
  fs::remove(FillerOf(folder), ignored);
}

}  // namespace bongsu::faults
