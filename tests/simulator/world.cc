#include "tests/simulator/world.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/hash.h"
#include "engine/base/status.h"

namespace bongsu::sim {
namespace {

constexpr size_t kTraceLines = 100'000;

}  // namespace

World::World(uint64_t seed, bool tracing) : random_(Mix64(seed + 1)), tracing_(tracing) {}
World::~World() = default;

int64_t World::Between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random_.Below(static_cast<uint64_t>(high - low + 1)));
}

Duration World::Between(Duration low, Duration high) {
  const auto span = static_cast<double>((high - low).count());
  return low + Duration(static_cast<int64_t>(span * random_.Unit()));
}

void World::At(Timestamp when, std::function<void()> event) {
  events_.emplace(std::max(when, now_), std::move(event));
}

void World::Jump(Duration by) {
  now_ += by;
  Trace("--- ", FormatDuration(std::chrono::floor<std::chrono::minutes>(by)), " pass ---");
}

void World::Spawn(const Host& host, std::function<void()> body) {
  threads_.emplace_back(host, std::move(body));
  threads_.back().wake = now_;
}

void World::RunDue() {
  while (!events_.empty() && events_.begin()->first <= now_) {
    const auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
}

void World::Spend(Duration duration) {
  now_ += duration;
  RunDue();
}

void World::Sleep(Duration duration, bool wakeable) {
  BONGSU_CHECK(running_ != nullptr);
  Thread& self = *running_;
  if (self.host.dead) return;
  self.wake = now_ + duration;
  self.wakeable = wakeable;
  self.seen = stirred_;
  self.fiber.Yield();
}

void World::Pause() {
  running_->wake = now_ + std::chrono::microseconds(100);
  running_->wakeable = false;
  running_->fiber.Yield();
}

void World::Thaw(const Host& host) {
  while (!host.dead && host.frozen_until > now_) Sleep(host.frozen_until - now_);
}

bool World::Ready(const Thread& thread) const {
  if (thread.host.dead) return true;
  if (thread.host.frozen_until > now_) return false;
  return thread.wake <= now_ || (thread.wakeable && thread.seen != stirred_);
}

bool World::RunOne() {
  ready_.clear();
  for (Thread& thread : threads_) {
    if (Ready(thread)) ready_.push_back(&thread);
  }
  if (ready_.empty()) return false;
  running_ = ready_[Index(ready_.size())];
  running_->fiber.Resume();
  const Thread* const ran = std::exchange(running_, nullptr);
  if (ran->fiber.done()) {
    threads_.remove_if([&](const Thread& thread) { return &thread == ran; });
  }
  return true;
}

bool World::Advance(Timestamp limit) {
  Timestamp next = limit;
  if (!events_.empty()) next = std::min(next, events_.begin()->first);
  for (const Thread& thread : threads_) {
    next = std::min(next, std::max(thread.wake, thread.host.frozen_until));
  }
  now_ = std::max(now_, next);
  return now_ < limit;
}

void World::Run(const std::function<bool()>& done, Timestamp limit) {
  while (failure_.empty() && !done()) {
    RunDue();
    if (!RunOne() && !Advance(limit)) return;
    if (now_ >= limit) return;
  }
}

void World::Drain() {
  while (RunOne()) {
  }
  BONGSU_CHECK(threads_.empty());
}

void World::Fail(std::string what) {
  Trace("!!! ", what);
  if (failure_.empty()) failure_ = std::move(what);
}

void World::AddTrace(std::string line) {
  char head[48];
  std::snprintf(head, sizeof(head), "%12.6f ", ToSeconds(now_ - kBegin));
  std::string text =
      StrCat(std::string_view(head),
             running_ != nullptr ? running_->host.name : std::string("world"), ": ", line);
  trace_digest_ = Hash64(text, trace_digest_);
  trace_.push_back(std::move(text));
  if (trace_.size() > kTraceLines) trace_.pop_front();
}

}  // namespace bongsu::sim
