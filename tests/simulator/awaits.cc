#include "tests/simulator/awaits.h"

namespace bongsu::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::array<std::string_view, kPoints> kNames = {
    "new_producer", "initialising",   "new_consumer", "poll_assignment",
    "committed",    "assign",         "poll",         "begin",
    "append",       "save_positions", "send",         "positions",
    "commit",       "after_commit",   "abort",        "new_reader",
    "reader_poll",  "offsets",        "find_open",    "describe",
    "store_open",   "store_read",     "store_write",  "after_store_write",
    "set_aside"};

}  // namespace

std::string_view PointName(Point point) {
  return kNames[static_cast<size_t>(point)];
}

Status Awaits::Dead() {
  return Status::Internal("simulated: this process is dead");
}

void Awaits::Die() {
  if (host_.dead) return;
  // Who stood still has been silent since then.
  if (host_.frozen_until <= world_.now()) host_.silent_since = world_.now();
  host_.dead = true;
  world_.Stir();
}

void Awaits::Freeze(Duration how_long) {
  if (host_.frozen_until <= world_.now()) host_.silent_since = world_.now();
  host_.frozen_until = std::max(host_.frozen_until, world_.now() + how_long);
}

std::optional<Armed> Awaits::Take(Point point) {
  for (auto armed = armed_.begin(); armed != armed_.end(); ++armed) {
    if (armed->point != point || --armed->count > 0) continue;
    const Armed taken = *armed;
    armed_.erase(armed);
    ++coverage_.hits[static_cast<size_t>(point)][static_cast<size_t>(taken.action)];
    return taken;
  }
  return std::nullopt;
}

Status Awaits::Before(Point point, bool may_wait) {
  if (host_.dead) return Dead();
  if (may_wait) {
    world_.Spend(microseconds(world_.Between(5, 60)));
    if (world_.Chance(0.03)) world_.Sleep(world_.Between(microseconds(0), milliseconds(3)));
    world_.Thaw(host_);
    if (host_.dead) return Dead();
  }
  const std::optional<Armed> armed = Take(point);
  if (!armed) return Status::Ok();
  switch (armed->action) {
    case Action::kCrash:
      world_.Trace("dies at ", PointName(point));
      Die();
      return Dead();
    case Action::kFreeze:
      if (!may_wait) return Status::Ok();
      world_.Trace("stands still at ", PointName(point), " for ", ToSeconds(armed->duration), " s");
      Freeze(armed->duration);
      world_.Thaw(host_);
      world_.Trace("goes on");
      return host_.dead ? Dead() : Status::Ok();
    case Action::kFail:
      world_.Trace("is refused at ", PointName(point));
      return Status::Unavailable("simulated: no answer");
    default:
      commit_fault_ = armed;
      return Status::Ok();
  }
}

std::optional<Armed> Awaits::TakeCommitFault() {
  return std::exchange(commit_fault_, std::nullopt);
}

}  // namespace bongsu::sim
