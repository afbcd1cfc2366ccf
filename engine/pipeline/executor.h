// Runs a job beside its owner, one at a time: in the program on a thread of its own.
#pragma once

#include <functional>
#include <memory>

#include "engine/core/time.h"

namespace bongsu {

class Executor {
 public:
  virtual ~Executor() = default;                      // Waits for the job.
  virtual void Start(std::function<void()> job) = 0;  // The one before has ended.
  virtual bool ended() const = 0;                     // The last job has, or there was none.
  virtual void Wait() = 0;                            // Until then.
  virtual void WaitFor(Duration at_most) = 0;         // Or so long.
};

std::unique_ptr<Executor> MakeThreadExecutor();

}  // namespace bongsu
