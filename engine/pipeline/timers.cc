#include "engine/pipeline/timers.h"

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
  return Timers::Due{timer->at, std::string(timer->id.substr(0, slash)), std::string(timer->id.substr(slash + 1))};
}

Result<std::optional<Timers::Due>> First(StateStore& store) {
  std::optional<Timers::Due> due;
  BONGSU_RETURN_IF_ERROR(store.Scan("t/", [&](std::string_view key, std::string_view) {
    due = Parse(key);
    return false;
  }));
  return due;
}

}  // namespace

Status Timers::Start() {
  BONGSU_ASSIGN_OR_RETURN(const std::optional<Due> due, First(store_));
  if (due) first_ = due->at;
  return Status::Ok();
}

void Timers::Set(Timestamp at, std::string_view op, std::string_view user) {
  store_.Put(Key(at, op, user), "");
  if (!first_ || at < *first_) first_ = at;
}

void Timers::Cancel(Timestamp at, std::string_view op, std::string_view user) { store_.Delete(Key(at, op, user)); }

Result<std::optional<Timers::Due>> Timers::Take(Timestamp now) {
  if (!AnyDue(now)) return std::optional<Due>();
  BONGSU_ASSIGN_OR_RETURN(std::optional<Due> due, First(store_));
  if (!due) {
    first_.reset();
    return std::optional<Due>();
  }
  first_ = due->at;
  if (due->at > now) return std::optional<Due>();
  store_.Delete(Key(due->at, due->op, due->user));
  return due;
}

}  // namespace bongsu
