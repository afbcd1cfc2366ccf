#include "engine/app/disk_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kBytes = 1 << 20;

}  // namespace

Status ProbeDisk(const std::string& directory) {
  const std::string path = directory + "/probe";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) {
    const std::string bytes(kBytes, 'x');
    for (size_t at = 0; at < kBytes && error == 0;) {
      const ssize_t written = write(fd, bytes.data() + at, kBytes - at);
      if (written < 0 && errno != EINTR) error = errno;
      if (written > 0) at += static_cast<size_t>(written);
    }
    if (error == 0 && fsync(fd) != 0) error = errno;
    close(fd);
    unlink(path.c_str());
  }
  if (error == 0) return Status::Ok();
  return Status::Unavailable(StrCat(
      "state: data_dir ", directory, " cannot be written: ", std::generic_category().message(error),
      error == ENOSPC ? "; free some space or enlarge the disk: this instance takes part again "
                        "by itself"
                      : "; correct it: this instance takes part again by itself"));
}

}  // namespace bongsu
