// A function that can stand still in its middle and go on later, on a stack of its own: how the
// simulator runs the workers of several processes in one thread, in the order that a seed says. No
// locks are needed, and none may be held while it stands still.
#pragma once

#include <ucontext.h>

#include <functional>
#include <memory>

namespace bongsu::sim {

class Fiber final {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  // The body has ended, or never begun.
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void Resume();  // Runs the body until it yields or ends. From outside of it.
  void Yield();   // Stands still until the next Resume. From within the body.
  bool done() const { return done_; }

 private:
  static void Main(unsigned high, unsigned low);
  void Enter();
  void SwitchTo(ucontext_t* from, ucontext_t* to, bool into_body);

  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t inside_{}, outside_{};
  bool begun_ = false, done_ = false;
  // For the sanitizers, which want to know of every change of the stack.
  void* fake_stack_ = nullptr;
  const void* outside_bottom_ = nullptr;
  size_t outside_size_ = 0;
  void* tsan_inside_ = nullptr;
  void* tsan_outside_ = nullptr;
};

}  // namespace bongsu::sim
