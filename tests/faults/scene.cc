#include "tests/faults/scene.h"

#include <algorithm>
#include <utility>

namespace bongsu::faults {

using Clock = std::chrono::steady_clock;

Scene::Span Scene::Between(int shortest_ms, int longest_ms) {
  const auto more = random.Below(static_cast<uint64_t>(longest_ms - shortest_ms + 1));
  return Span(shortest_ms + (brief_ ? 0 : static_cast<int>(more)));
}

Member* Scene::Take() {
  std::vector<Member*> free;
  for (const auto& member : fleet.members()) {
    if (!member->busy && !member->extra && member->state == Member::State::kRunning) {
      free.push_back(member.get());
    }
  }
  const uint64_t which = random.Below(64);  // The same number of draws whatever is free.
  if (free.empty()) return nullptr;
  Member* const member = free[which % free.size()];
  member->busy = true;
  return member;
}

void Scene::When(std::function<bool()> condition, Span patience, std::function<void()> then) {
  waiting_.push_back({std::move(condition), Clock::now() + patience, std::move(then)});
}

void Scene::After(Span wait, std::function<void()> then) {
  When([] { return false; }, wait, std::move(then));
}

void Scene::StartAgain(Member& member, std::optional<size_t> outage, const std::string& plan) {
  fleet.Start(member, plan);
  member.busy = false;
  if (outage) watch.EndOutage(*outage);
}

// Until its first commit, at most three seconds, a start belongs to the fault that made it
// necessary.
void Scene::CountStarts() {
  constexpr std::chrono::seconds kMost{3};
  for (const auto& member : fleet.members()) {
    Start& start = starts_[member.get()];
    const bool new_run = start.run != member->runs;
    const bool started = !member->measuring && member->plan.empty();
    const bool over =
        member->state == Member::State::kDown || started || Clock::now() - member->started > kMost;
    if (start.outage && (over || new_run)) {
      watch.EndOutage(*start.outage);
      start.outage.reset();
    }
    if (new_run && !over) start.outage = watch.BeginOutage();
    start.run = member->runs;
  }
}

void Scene::Turn() {
  fleet.Look();
  brokers.Look();
  CountStarts();
  std::vector<Waiting> due;
  const auto now = Clock::now();
  std::erase_if(waiting_, [&](Waiting& w) {
    if (!w.condition() && w.deadline > now) return false;
    due.push_back(std::move(w));
    return true;
  });
  for (const Waiting& w : due) w.then();
  for (const auto& member : fleet.members()) {
    if (member->state != Member::State::kDown || member->busy || member->extra) continue;
    // As a supervisor does, with a breath between two starts.
    member->busy = true;
    After(Span(200), [this, m = member.get()] { StartAgain(*m); });
  }
}

bool Scene::Calm() {
  return waiting_.empty() && brokers.Idle() &&
         std::all_of(fleet.members().begin(), fleet.members().end(), [](const auto& m) {
           return m->extra ? m->state == Member::State::kDown
                           : m->state == Member::State::kRunning && !m->busy;
         });
}

}  // namespace bongsu::faults
