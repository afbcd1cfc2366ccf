// Generated events as a test sees them: read back from their JSON, by nobody's code but JsonReader.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/time.h"
#include "engine/generate/bank.h"
#include "engine/json/reader.h"

namespace bongsu {

struct Seen {
  std::string line, user, action, result, source, resource, device, country, department, role,
      session;
  Timestamp time;
  double rows = 0, bytes = 0;
  // Everything but the id, which depends on what else is in the stream.
  std::string_view tail() const { return std::string_view(line).substr(line.find(",\"time\"")); }
  bool took() const { return (action == "EXPORT" || action == "DOWNLOAD") && result == "SUCCESS"; }
};

inline Seen Read(JsonReader& reader, std::string_view line) {
  const auto root = reader.Parse(line);
  if (!root) FAIL("no JSON: " << line);
  const auto text = [&](std::string_view key) {
    const auto value = root->Find(key);
    return value ? std::string(value->AsString()) : std::string();
  };
  const auto number = [&](std::string_view key) {
    const auto value = root->Find(key);
    return value ? value->AsDouble() : 0.0;
  };
  Seen seen;
  seen.line = line;
  seen.user = text("user_id"), seen.action = text("action"), seen.result = text("result");
  seen.source = text("source"), seen.resource = text("resource_id");
  seen.device = text("device_id"), seen.country = text("country");
  seen.department = text("department"), seen.role = text("role");
  seen.session = text("session_id");
  seen.rows = number("rows"), seen.bytes = number("bytes");
  seen.time = FromMillis(static_cast<int64_t>(number("time")));
  return seen;
}

template <typename Stream>
std::vector<std::string> LinesOf(const Stream& stream) {
  std::vector<std::string> lines;
  const Status status =
      stream.ForEachEvent([&](Timestamp, std::string_view, std::string_view json) {
        lines.emplace_back(json);
        return Status::Ok();
      });
  REQUIRE(status.ok());
  return lines;
}

// Not compared inside CHECK, which would print them all.
inline bool Same(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a == b;
}

inline std::vector<Seen> ReadAll(const std::vector<std::string>& lines) {
  JsonReader reader;
  std::vector<Seen> all;
  for (const std::string& line : lines) all.push_back(Read(reader, line));
  return all;
}

inline Bank MakeBank(const BankOptions& options) {
  Result<Bank> bank = Bank::Make(options);
  if (!bank.ok()) FAIL(bank.status().message());
  return *std::move(bank);
}

// Days since 1970 on the clocks of Seoul.
inline int64_t DayOf(Timestamp time) {
  return std::chrono::floor<std::chrono::days>(time + std::chrono::hours(9))
      .time_since_epoch()
      .count();
}

// The smallest value that `share` of the positive ones do not exceed.
inline double RankOf(const std::map<int64_t, double>& days, double share) {
  std::vector<double> values;
  for (const auto& [day, value] : days) {
    if (value > 0) values.push_back(value);
  }
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  size_t rank = 1;
  while (static_cast<double>(rank) < share * static_cast<double>(values.size()) - 1e-9) ++rank;
  return values[rank - 1];
}

// A day's total of `amount` over `events` before the day `before`.
inline std::map<int64_t, double> Totals(const std::vector<Seen>& events, int64_t before,
                                        const std::function<double(const Seen&)>& amount) {
  std::map<int64_t, double> days;
  for (const Seen& event : events) {
    if (DayOf(event.time) < before) days[DayOf(event.time)] += amount(event);
  }
  return days;
}

// How many different resources that `chosen` likes a day touches.
inline std::map<int64_t, double> DistinctResources(const std::vector<Seen>& events, int64_t before,
                                                   const std::function<bool(const Seen&)>& chosen) {
  std::map<int64_t, std::set<std::string>> sets;
  for (const Seen& event : events) {
    if (DayOf(event.time) < before && !event.resource.empty() && chosen(event)) {
      sets[DayOf(event.time)].insert(event.resource);
    }
  }
  std::map<int64_t, double> days;
  for (const auto& [day, set] : sets) days[day] = static_cast<double>(set.size());
  return days;
}

}  // namespace bongsu
