#include "engine/pipeline/executor.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/affinity.h"
#include "engine/base/status.h"

namespace bongsu {
namespace {

class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Start(std::function<void()> job) override {
    const std::lock_guard lock(mutex_);
    BONGSU_CHECK(!job_);
    job_ = std::move(job);
    changed_.notify_all();
  }
  bool ended() const override {
    const std::lock_guard lock(mutex_);
    return !job_;
  }
  void Wait() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !job_; });
  }
  void WaitFor(Duration at_most) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return !job_; });
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return job_ != nullptr; })) {
      lock.unlock();
      job_();
      lock.lock();
      job_ = nullptr;
      changed_.notify_all();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::function<void()> job_;  // Set until it has ended.
  std::jthread thread_;        // Last: ends first.
};

}  // namespace

std::unique_ptr<Executor> MakeThreadExecutor() {
  const Unpinned its_thread;
  return std::make_unique<ThreadExecutor>();
}

}  // namespace bongsu
