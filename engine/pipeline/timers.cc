#include "engine/pipeline/timers.h"

#include <iterator>

#include "engine/base/strings.h"
#include "engine/core/state_keys.h"

namespace bongsu {
namespace {

// The id of a timer is its operator and its person: "<operator>/<user>".
std::string Key(Timestamp at, std::string_view op, std::string_view user) {
  std::string key;
  TimerKey(at, StrCat(op, "/", user), &key);
  return key;
}

std::optional<Timers::Due> Parse(std::string_view key) {
  const std::optional<ParsedTimer> timer = ParseTimerKey(key);
  const size_t slash = timer ? timer->id.find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return std::nullopt;
  return Timers::Due{timer->at, std::string(timer->id.substr(0, slash)),
                     std::string(timer->id.substr(slash + 1))};
}

}  // namespace

Status Timers::Start() {
  BONGSU_RETURN_IF_ERROR(Refill());
  FindFirst();
  return Status::Ok();
}

Status Timers::Refill() {
  next_.clear();
  limit_.reset();
  return store_.Scan("t/", [&](std::string_view key, std::string_view) {
    if (!Parse(key)) return true;
    if (next_.size() == kAtHand) {
      limit_ = key;
      return false;
    }
    next_.emplace_hint(next_.end(), key);
    return true;
  });
}

void Timers::FindFirst() {
  const std::string* const key = !next_.empty() ? &*next_.begin() : limit_ ? &*limit_ : nullptr;
  first_.reset();
  if (key != nullptr) first_ = ParseTimerKey(*key)->at;
}

void Timers::Insert(std::string key) {
  if (limit_ && key >= *limit_) return;
  next_.insert(std::move(key));
  if (next_.size() > 2 * kAtHand) {
    const auto end = std::next(next_.begin(), kAtHand);
    limit_ = *end;
    next_.erase(end, next_.end());
  }
  FindFirst();
}

void Timers::Erase(const std::string& key) {
  next_.erase(key);
  FindFirst();
}

void Timers::Set(Timestamp at, std::string_view op, std::string_view user) {
  std::string key = Key(at, op, user);
  store_.Put(key, "");
  journal_.emplace_back(key, true);
  Insert(std::move(key));
}

void Timers::Cancel(Timestamp at, std::string_view op, std::string_view user) {
  std::string key = Key(at, op, user);
  store_.Delete(key);
  Erase(key);
  journal_.emplace_back(std::move(key), false);
}

void Timers::Undo() {
  for (; !journal_.empty(); journal_.pop_back()) {
    auto& [key, came] = journal_.back();
    if (came) {
      Erase(key);
    } else {
      Insert(std::move(key));
    }
  }
}

Result<std::optional<Timers::Due>> Timers::Take(Timestamp now) {
  if (!AnyDue(now)) return std::optional<Due>();
  if (next_.empty()) {
    BONGSU_RETURN_IF_ERROR(Refill());
    FindFirst();
    if (!AnyDue(now) || next_.empty()) return std::optional<Due>();
  }
  std::string key = *next_.begin();
  std::optional<Due> due = Parse(key);
  store_.Delete(key);
  Erase(key);
  journal_.emplace_back(std::move(key), false);
  return due;
}

}  // namespace bongsu
