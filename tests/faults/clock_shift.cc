// Preloaded into a process, it shifts what the process takes for the time of day: the file that
// BONGSU_CLOCK_SHIFT names holds the shift, eight bytes of microseconds, and may change at any
// moment. What waits until a time of day is put right, so that a jump hits the waits under way, as
// a step of the real clock does, and no others. The clock that only measures is as ever.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr int64_t kNanos = 1'000'000'000;

const volatile int64_t* OpenShift() {
  static const int64_t kNone = 0;
  const char* const path = std::getenv("BONGSU_CLOCK_SHIFT");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &kNone;
  void* const bytes = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return bytes == MAP_FAILED ? &kNone : static_cast<const int64_t*>(bytes);
}

int64_t Shift() {
  static const volatile int64_t* const shift = OpenShift();
  return *shift;
}

int64_t RealNanos() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return now.tv_sec * kNanos + now.tv_nsec + Shift() * 1000;
}

// The kernel's time of day for a shifted one. What is no time of day (uptime is below it) stays.
timespec Unshifted(const timespec& at) {
  constexpr time_t kLongAgo = 1'000'000'000;
  if (at.tv_sec < kLongAgo) return at;
  const int64_t real = at.tv_sec * kNanos + at.tv_nsec - Shift() * 1000;
  return {real / kNanos, real % kNanos};
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  static const auto next =
      Next<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  const timespec real = Unshifted(*until);
  return next(condition, mutex, &real);
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  static const auto next = Next<int (*)(cnd_t*, mtx_t*, const timespec*)>("cnd_timedwait");
  const timespec real = Unshifted(*until);
  return next(condition, mutex, &real);
}

int timespec_get(timespec* out, int base) noexcept {
  const int64_t now = RealNanos();
  *out = {now / kNanos, now % kNanos};
  return base;
}

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
    static const auto next = Next<int (*)(clockid_t, timespec*)>("clock_gettime");
    return next(clock, out);
  }
  const int64_t now = RealNanos();
  *out = {now / kNanos, now % kNanos};
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  const int64_t now = RealNanos();
  *out = {now / kNanos, now % kNanos / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const time_t now = RealNanos() / kNanos;
  if (out != nullptr) *out = now;
  return now;
}

}  // extern "C"
