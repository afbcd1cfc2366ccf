// An alert, or what the alert budget kept back, as one line for a person at a terminal: when, how
// severe, how high, who, why. Behind `bongsu tail`. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/alert.h"
#include "engine/json/reader.h"

namespace bongsu {

struct TailOptions {
  std::string person;  // Empty: everybody.
  Severity min_severity = Severity::kInformational;
  bool below_budget = false;  // Samples with `why` below_budget instead of alerts.
  bool json = false;          // The line as it came.
  bool colours = false;       // ANSI; for terminals.
};

class TailFormat final {
 public:
  explicit TailFormat(TailOptions options) : options_(std::move(options)) {}
  // The text for a record of the alerts or samples topic, with a line end; nullopt when it is
  // filtered out or not what it should be (`strange` counts those). Times are UTC.
  std::optional<std::string> Line(std::string_view record);
  int64_t strange() const { return strange_; }

 private:
  struct Row;
  std::optional<Row> Alerted(JsonValue record) const;
  std::optional<Row> KeptBack(JsonValue record) const;

  const TailOptions options_;
  JsonReader reader_;
  int64_t strange_ = 0;
};

// "informational" … "critical".
std::optional<Severity> ParseSeverity(std::string_view name);

}  // namespace bongsu
