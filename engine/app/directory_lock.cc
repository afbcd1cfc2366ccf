#include "engine/app/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "engine/base/strings.h"

namespace bongsu {

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

Status DirectoryLock::Take(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  fd_ = open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    return Status::Invalid(
        StrCat("data_dir: ", directory, " is not writable; name another or change its owner"));
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return Status::Ok();
  return Status::Invalid(StrCat("data_dir: ", directory,
                                " is held by another process; stop it or name another directory"));
}

}  // namespace bongsu
