// Preloaded into a process, it makes a slow disk of some of its files: each write and sync of a
// file whose path holds BONGSU_SLOW_DISK takes BONGSU_SLOW_DISK_MS milliseconds longer.
#include <dlfcn.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool IsSlow(int fd) {
  static const char* const part = std::getenv("BONGSU_SLOW_DISK");
  if (part == nullptr) return false;
  char link[64], path[1024];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof(path) - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return std::strstr(path, part) != nullptr;
}

void Wait(int fd) {
  static const char* const ms = std::getenv("BONGSU_SLOW_DISK_MS");
  if (ms == nullptr || !IsSlow(fd)) return;
  const long all = std::atol(ms);
  const timespec pause{all / 1000, all % 1000 * 1'000'000};
  nanosleep(&pause, nullptr);
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  Wait(fd);
  return next(fd, bytes, size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  Wait(fd);
  return next(fd, bytes, size, at);
}

int fsync(int fd) {
  static const auto next = Next<int (*)(int)>("fsync");
  Wait(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  Wait(fd);
  return next(fd);
}

}  // extern "C"
