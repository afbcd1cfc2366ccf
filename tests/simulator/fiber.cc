#include "tests/simulator/fiber.h"

#include <cstdint>

#include "engine/base/status.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace bongsu::sim {
namespace {

constexpr size_t kStack = 512u << 10;  // Only what is touched takes memory.

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(new char[kStack]) {
  BONGSU_CHECK(getcontext(&inside_) == 0);
  inside_.uc_stack.ss_sp = stack_.get();
  inside_.uc_stack.ss_size = kStack;
  inside_.uc_link = nullptr;
  // makecontext passes ints only.
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::Main), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
#ifdef __SANITIZE_THREAD__
  tsan_inside_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  BONGSU_CHECK(done_ || !begun_);
#ifdef __SANITIZE_THREAD__
  __tsan_destroy_fiber(tsan_inside_);
#endif
}

void Fiber::Main(unsigned high, unsigned low) {
  reinterpret_cast<Fiber*>(static_cast<uintptr_t>(high) << 32 | low)->Enter();
}

void Fiber::Enter() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &outside_bottom_, &outside_size_);
#endif
  body_();
  body_ = nullptr;
  done_ = true;
  SwitchTo(&inside_, &outside_, false);
}

void Fiber::SwitchTo(ucontext_t* from, ucontext_t* to, bool into_body) {
#ifdef __SANITIZE_ADDRESS__
  void* kept = nullptr;
  if (into_body) {
    __sanitizer_start_switch_fiber(&kept, stack_.get(), kStack);
  } else {
    __sanitizer_start_switch_fiber(done_ ? nullptr : &fake_stack_, outside_bottom_, outside_size_);
  }
#endif
#ifdef __SANITIZE_THREAD__
  if (into_body) tsan_outside_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(into_body ? tsan_inside_ : tsan_outside_, 0);
#endif
  BONGSU_CHECK(swapcontext(from, to) == 0);
#ifdef __SANITIZE_ADDRESS__
  if (into_body) {
    __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
  } else {
    __sanitizer_finish_switch_fiber(fake_stack_, &outside_bottom_, &outside_size_);
  }
#endif
  (void)into_body;
}

void Fiber::Resume() {
  BONGSU_CHECK(!done_);
  begun_ = true;
  SwitchTo(&outside_, &inside_, true);
}

void Fiber::Yield() {
  SwitchTo(&inside_, &outside_, false);
}

}  // namespace bongsu::sim
