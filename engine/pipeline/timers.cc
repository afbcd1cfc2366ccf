#include "engine/pipeline/timers.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kTimeAt = 2, kOperatorAt = 11;

// Big-endian with the sign bit turned, so that keys sort by time.
std::string Key(Timestamp at, std::string_view op, std::string_view user) {
  uint64_t bits = static_cast<uint64_t>(at.time_since_epoch().count()) ^ (1ull << 63);
  std::string key = "t/";
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(bits >> shift));
  key.push_back('/');
  return key.append(op).append(1, '/').append(user);
}

std::optional<Timers::Due> Parse(std::string_view key) {
  const size_t slash = key.find('/', kOperatorAt);
  if (key.size() < kOperatorAt || slash == std::string_view::npos) return std::nullopt;
  uint64_t bits = 0;
  for (size_t i = kTimeAt; i < kTimeAt + 8; ++i) bits = (bits << 8) | static_cast<unsigned char>(key[i]);
  return Timers::Due{Timestamp(Duration(static_cast<int64_t>(bits ^ (1ull << 63)))),
                     std::string(key.substr(kOperatorAt, slash - kOperatorAt)), std::string(key.substr(slash + 1))};
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
