// Time, chance and the order of things in a simulation: virtual time, one source of random numbers,
// events that are due at a time, and the fibers (threads of simulated processes) of which one at a
// time runs. The same seed gives the same world, instruction by instruction. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/core/time.h"
#include "tests/simulator/fiber.h"

namespace bongsu::sim {

// What a machine does to the threads on it.
struct Host {
  std::string name;
  bool dead = false;       // The process was killed: none of its calls has an effect any more.
  Timestamp frozen_until;  // It stands still, and its heartbeats with it.
  Timestamp silent_since;  // When it was killed or frozen last.
  Duration skew{0};        // Of its clock.
};

class World final {
 public:
  World(uint64_t seed, bool tracing);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Timestamp now() const { return now_; }
  Duration elapsed() const { return now_ - kBegin; }

  // Chance. Whole numbers of [low, high]; times alike.
  bool Chance(double probability) { return random_.Unit() < probability; }
  int64_t Between(int64_t low, int64_t high);
  Duration Between(Duration low, Duration high);
  size_t Index(size_t size) { return static_cast<size_t>(random_.Below(size)); }

  // Events: run between the steps of fibers, or inside one that spends time; they must not block.
  void At(Timestamp when, std::function<void()> event);
  void After(Duration delay, std::function<void()> event) { At(now_ + delay, std::move(event)); }
  void Jump(Duration by);  // A long quiet time passes.

  // Fibers. `host` outlives the fiber.
  void Spawn(const Host& host, std::function<void()> body);
  // Inside a fiber: the call takes time; what became due meanwhile happens.
  void Spend(Duration duration);
  // Inside a fiber: stands still for a while; with `wakeable` until Stir if that comes first. A
  // host that dies ends every wait.
  void Sleep(Duration duration, bool wakeable = false);
  // Inside a fiber: the others go on, also on a host that is dead.
  void Pause();
  // Inside a fiber: stands still as long as its host does.
  void Thaw(const Host& host);
  // Something happened that a waiting fiber may want to see.
  void Stir() { ++stirred_; }

  // Runs until `done`, a failure or `limit`.
  void Run(const std::function<bool()>& done, Timestamp limit);
  // All hosts are dead: lets the fibers end.
  void Drain();

  // The first thing that is wrong ends the run.
  void Fail(std::string what);
  const std::string& failure() const { return failure_; }

  bool tracing() const { return tracing_; }
  template <typename... Parts>
  void Trace(const Parts&... parts) {
    if (tracing_) AddTrace(StrCat(parts...));
  }
  const std::deque<std::string>& trace() const { return trace_; }
  uint64_t trace_digest() const { return trace_digest_; }

  static constexpr Timestamp kBegin{std::chrono::seconds(1'800'000'000)};

 private:
  struct Thread {
    Thread(const Host& h, std::function<void()> body) : host(h), fiber(std::move(body)) {}
    const Host& host;
    Fiber fiber;
    Timestamp wake;
    bool wakeable = false;
    uint64_t seen = 0;
  };
  bool Ready(const Thread& thread) const;
  void RunDue();
  bool RunOne();
  bool Advance(Timestamp limit);
  void AddTrace(std::string line);

  SplitMix64 random_;
  Timestamp now_ = kBegin;
  std::multimap<Timestamp, std::function<void()>> events_;
  std::list<Thread> threads_;
  Thread* running_ = nullptr;
  std::vector<Thread*> ready_;
  uint64_t stirred_ = 0;
  std::string failure_;
  const bool tracing_;
  std::deque<std::string> trace_;
  uint64_t trace_digest_ = 0;
};

}  // namespace bongsu::sim
