#include "engine/pipeline/executor.h"

#include <catch2/catch.hpp>
#include <future>
#include <thread>

namespace bongsu {
namespace {

TEST_CASE("a job runs on a thread of its own, and one comes after the other") {
  const std::unique_ptr<Executor> executor = MakeThreadExecutor();
  CHECK(executor->ended());
  executor->Wait();
  int jobs = 0;
  std::thread::id thread;
  for (int i = 0; i < 100; ++i) {
    executor->Start([&] {
      ++jobs;
      thread = std::this_thread::get_id();
    });
    executor->Wait();
    CHECK(executor->ended());
  }
  CHECK(jobs == 100);
  CHECK(thread != std::this_thread::get_id());
}

TEST_CASE("a job that runs has not ended, and is waited for at the end") {
  std::promise<void> go;
  bool done = false;
  {
    const std::unique_ptr<Executor> executor = MakeThreadExecutor();
    executor->Start([&] {
      go.get_future().wait();
      done = true;
    });
    executor->WaitFor(std::chrono::milliseconds(1));
    CHECK_FALSE(executor->ended());
    go.set_value();
  }
  CHECK(done);
}

}  // namespace
}  // namespace bongsu
