// Looks into records of ours (alerts, people's risks) that come back as JSON: what is missing or of
// another type reads as empty, NaN or nullopt. Pure; texts are printable,
// but for RawTextAt.
#pragma once

#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/printable.h"
#include "engine/base/strings.h"
#include "engine/core/alert.h"
#include "engine/json/reader.h"

namespace bongsu::record_json {

using Path = std::initializer_list<std::string_view>;

inline std::optional<JsonValue> At(JsonValue value, Path path) {
  for (const std::string_view key : path) {
    const std::optional<JsonValue> member = value.Find(key);
    if (!member) return std::nullopt;
    value = *member;
  }
  return value;
}

// As it was written: not for people.
inline std::optional<std::string_view> RawTextAt(JsonValue value, Path path) {
  const auto text = At(value, path);
  return text && text->is_string() ? std::optional(text->AsString()) : std::nullopt;
}

inline std::string TextAt(JsonValue value, Path path) {
  return Printable(RawTextAt(value, path).value_or(""));
}

inline double NumberAt(JsonValue value, Path path) {
  const auto number = At(value, path);
  return number && number->is_number() ? number->AsDouble()
                                       : std::numeric_limits<double>::quiet_NaN();
}

// 0 for what is no whole number.
inline int64_t WholeAt(JsonValue value, Path path) {
  const auto number = At(value, path);
  return number && number->kind() == JsonValue::Kind::kInt ? number->AsInt() : 0;
}

// Nothing but what fits into the calendar.
inline std::optional<Timestamp> TimeAt(JsonValue value, std::string_view key) {
  constexpr int64_t kLast = 253'402'300'799'999;  // The end of 9999.
  const auto time = value.Find(key);
  if (!time || time->kind() != JsonValue::Kind::kInt) return std::nullopt;
  if (time->AsInt() < 0 || time->AsInt() > kLast) return std::nullopt;
  return FromMillis(time->AsInt());
}

// nullopt when there is none.
inline std::optional<Cause> CauseAt(JsonValue value, Path path) {
  const auto origin = At(value, path);
  const auto source = origin ? origin->Find("source") : std::nullopt;
  if (!source || !source->is_string()) return std::nullopt;
  return Cause{std::string(source->AsString()),
               static_cast<int32_t>(WholeAt(*origin, {"partition"})), WholeAt(*origin, {"offset"}),
               static_cast<uint32_t>(WholeAt(*origin, {"index"}))};
}

// As people copy it.
inline std::string OriginAt(JsonValue value, Path path) {
  const std::optional<Cause> cause = CauseAt(value, path);
  return cause ? Printable(FormatOrigin(cause->origin())) : "-";
}

std::vector<Contribution> ContributionsAt(JsonValue value, Path path);

}  // namespace bongsu::record_json
