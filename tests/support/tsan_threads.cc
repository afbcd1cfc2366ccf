// For the thread sanitizer only. librdkafka starts its threads and takes its locks by C11's
// <threads.h>, which GCC 12's sanitizer does not know: a thread of it would run without the
// sanitizer's state. These take their place and go by pthreads, which it knows. In glibc each C11
// type is the POSIX one of the same name.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <memory>
#include <type_traits>

namespace {

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(std::is_same_v<thrd_t, pthread_t>);

struct Start {
  thrd_start_t run;
  void* argument;
};

void* Run(void* start) {
  const std::unique_ptr<Start> owned(static_cast<Start*>(start));
  return reinterpret_cast<void*>(static_cast<intptr_t>(owned->run(owned->argument)));
}

int Answer(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ETIMEDOUT:
      return thrd_timedout;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

pthread_mutex_t* Posix(mtx_t* mutex) {
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}

pthread_cond_t* Posix(cnd_t* condition) {
  return reinterpret_cast<pthread_cond_t*>(condition);
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  return Answer(pthread_create(thread, nullptr, Run, new Start{run, argument}));
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<intptr_t>(returned));
  return Answer(error);
}

int thrd_detach(thrd_t thread) {
  return Answer(pthread_detach(thread));
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  const int error = pthread_mutex_init(Posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return Answer(error);
}

int mtx_lock(mtx_t* mutex) {
  return Answer(pthread_mutex_lock(Posix(mutex)));
}

int mtx_trylock(mtx_t* mutex) {
  return Answer(pthread_mutex_trylock(Posix(mutex)));
}

int mtx_unlock(mtx_t* mutex) {
  return Answer(pthread_mutex_unlock(Posix(mutex)));
}

void mtx_destroy(mtx_t* mutex) {
  pthread_mutex_destroy(Posix(mutex));
}

int cnd_init(cnd_t* condition) {
  return Answer(pthread_cond_init(Posix(condition), nullptr));
}

int cnd_signal(cnd_t* condition) {
  return Answer(pthread_cond_signal(Posix(condition)));
}

int cnd_broadcast(cnd_t* condition) {
  return Answer(pthread_cond_broadcast(Posix(condition)));
}

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return Answer(pthread_cond_wait(Posix(condition), Posix(mutex)));
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return Answer(pthread_cond_timedwait(Posix(condition), Posix(mutex), until));
}

void cnd_destroy(cnd_t* condition) {
  pthread_cond_destroy(Posix(condition));
}

}  // extern "C"
