#include "engine/app/tail.h"

#include <algorithm>
#include <cmath>

#include "engine/app/printable.h"
#include "engine/app/record_json.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

using record_json::RawTextAt;
using record_json::TimeAt;

constexpr Severity kSeverities[] = {Severity::kInformational, Severity::kLow, Severity::kMedium,
                                    Severity::kHigh, Severity::kCritical};

std::string_view ColourOf(Severity severity) {
  constexpr std::string_view kColours[] = {"\033[2m", "\033[36m", "\033[33m", "\033[31m",
                                           "\033[1;97;41m"};
  return kColours[static_cast<size_t>(severity)];
}

std::optional<double> Number(JsonValue value, std::string_view key) {
  const std::optional<JsonValue> member = value.Find(key);
  return member && member->is_number() ? std::optional(member->AsDouble()) : std::nullopt;
}

std::string Padded(std::string text, size_t width) {
  const size_t taken = DisplayWidth(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

// "Risk 87 of 100 (high) for "kim": ": columns of their own say that.
std::string_view WithoutHead(std::string_view sentence, std::string_view person) {
  if (!sentence.starts_with("Risk ")) return sentence;
  const std::string end = StrCat(" for \"", person, "\": ");
  const size_t at = sentence.find(end);
  return at == std::string_view::npos ? sentence : sentence.substr(at + end.size());
}

std::string Tenth(double value) {
  return StrCat(std::round(value * 10) / 10);
}

}  // namespace

struct TailFormat::Row {
  Timestamp time;
  double risk = 0;
  std::string_view person;
  std::string why;
};

std::optional<Severity> ParseSeverity(std::string_view name) {
  for (const Severity severity : kSeverities) {
    if (SeverityName(severity) == name) return severity;
  }
  return std::nullopt;
}

std::optional<TailFormat::Row> TailFormat::Alerted(JsonValue record) const {
  const auto time = TimeAt(record, "time");
  const auto risk = Number(record, "risk_score");
  const auto person = RawTextAt(record, {"actor", "user", "uid"});
  const auto message = RawTextAt(record, {"message"});
  if (!time || !risk || !person || !message) return std::nullopt;
  const bool update = Number(record, "activity_id").value_or(0) == 2;
  const auto count = Number(record, "count").value_or(1);
  Row row{*time, *risk, *person, std::string(WithoutHead(*message, *person))};
  if (update) row.why = StrCat("[update, ", static_cast<int64_t>(count), " events] ", row.why);
  return row;
}

std::optional<TailFormat::Row> TailFormat::KeptBack(JsonValue record) const {
  const auto time = TimeAt(record, "time");
  const auto risk = Number(record, "risk"), threshold = Number(record, "threshold");
  const auto person = RawTextAt(record, {"user_id"});
  const auto detectors = record.Find("detectors");
  if (!time || !risk || !threshold || !person || !detectors || !detectors->is_object())
    return std::nullopt;
  Row row{*time, *risk, *person, StrCat("below the budget's threshold of ", Tenth(*threshold))};
  for (const JsonMember& detector : detectors->members()) {
    if (detector.value.is_number())
      row.why += StrCat(", ", detector.key, " ", Tenth(detector.value.AsDouble()));
  }
  return row;
}

std::optional<std::string> TailFormat::Line(std::string_view record) {
  const std::optional<JsonValue> value = reader_.Parse(record);
  const std::optional<Row> row = !value                  ? std::nullopt
                                 : options_.below_budget ? KeptBack(*value)
                                                         : Alerted(*value);
  if (!row) {
    ++strange_;
    return std::nullopt;
  }
  if (options_.below_budget && RawTextAt(*value, {"why"}) != "below_budget") return std::nullopt;
  const Severity severity = SeverityOf(row->risk);
  if (severity < options_.min_severity) return std::nullopt;
  if (!options_.person.empty() && row->person != options_.person) return std::nullopt;
  if (options_.json) return Printable(record) + "\n";
  const std::string name = Padded(std::string(SeverityName(severity)), 13);
  return StrCat(FormatRfc3339(row->time), "  ",
                options_.colours ? StrCat(ColourOf(severity), name, "\033[0m") : name, "  ",
                Padded(StrCat(static_cast<int>(std::clamp(row->risk, 0.0, 100.0))), 3), "  ",
                Padded(Printable(row->person), 12), "  ", Printable(row->why), "\n");
}

}  // namespace bongsu
