#include "engine/generate/log_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

using Text = std::string_view AccessEvent::*;
constexpr std::array<std::pair<std::string_view, Text>, 12> kTexts = {
    {{"user_id", &AccessEvent::user},
     {"action", &AccessEvent::action},
     {"result", &AccessEvent::result},
     {"source", &AccessEvent::source},
     {"resource_id", &AccessEvent::resource},
     {"resource_type", &AccessEvent::resource_type},
     {"src_ip", &AccessEvent::address},
     {"device_id", &AccessEvent::device},
     {"session_id", &AccessEvent::session},
     {"country", &AccessEvent::country},
     {"department", &AccessEvent::department},
     {"role", &AccessEvent::role}}};
using Number = double AccessEvent::*;
constexpr std::array<std::pair<std::string_view, Number>, 3> kNumbers = {
    {{"sensitivity", &AccessEvent::sensitivity},
     {"rows", &AccessEvent::rows},
     {"bytes", &AccessEvent::bytes}}};
// As the decoder of the engine: earlier and later times are mistakes of unit.
constexpr int64_t kEarliestMillis = 631'152'000'000, kLatestMillis = 4'102'444'800'000;
constexpr double kLargest = 1e15;

Status ReadTime(JsonValue value, AccessEvent* event) {
  if (value.is_string()) {
    BONGSU_ASSIGN_OR_RETURN(event->time, ParseRfc3339(value.AsString()));
  } else if (value.kind() == JsonValue::Kind::kInt) {
    // Out of range, it would not fit a Timestamp.
    event->time = FromMillis(std::clamp<int64_t>(value.AsInt(), 0, kLatestMillis));
  } else {
    return Status::Invalid("time: expected RFC 3339 with offset, or epoch milliseconds");
  }
  const int64_t ms = ToMillis(event->time);
  if (ms < kEarliestMillis || ms >= kLatestMillis) {
    return Status::Invalid("time: expected a time from 1990 to 2099 (milliseconds, not seconds)");
  }
  return Status::Ok();
}

Status ReadMember(const JsonMember& member, bool* has_id, AccessEvent* event) {
  if (member.key == "event_id") {
    *has_id = member.value.is_string() && !member.value.AsString().empty();
    return *has_id ? Status::Ok() : Status::Invalid("event_id: expected a string, not empty");
  }
  if (member.key == "time") return ReadTime(member.value, event);
  if (member.value.kind() == JsonValue::Kind::kNull) return Status::Ok();
  for (const auto& [name, text] : kTexts) {
    if (member.key != name) continue;
    if (!member.value.is_string()) return Status::Invalid(StrCat(name, ": expected a string"));
    event->*text = member.value.AsString();
    return Status::Ok();
  }
  for (const auto& [name, number] : kNumbers) {
    if (member.key != name) continue;
    if (!member.value.is_number() || !(member.value.AsDouble() >= 0) ||
        member.value.AsDouble() > kLargest) {
      return Status::Invalid(StrCat(name, ": expected a number of at least 0"));
    }
    event->*number = member.value.AsDouble();
    return Status::Ok();
  }
  return Status::Ok();
}

}  // namespace

Status AccessEventParser::Parse(std::string_view json, AccessEvent* event) {
  *event = AccessEvent();
  const std::optional<JsonValue> root = reader_.Parse(json);
  if (!root) return Status::Invalid(reader_.message());
  if (!root->is_object()) return Status::Invalid("expected a JSON object");
  event->time = Timestamp::min();
  bool has_id = false;
  for (const JsonMember& member : root->members()) {
    BONGSU_RETURN_IF_ERROR(ReadMember(member, &has_id, event));
  }
  if (!has_id) return Status::Invalid("event_id: expected, and missing");
  if (event->time == Timestamp::min()) return Status::Invalid("time: expected, and missing");
  if (event->user.empty()) return Status::Invalid("user_id: expected, and missing");
  if (event->action.empty()) return Status::Invalid("action: expected, and missing");
  return Status::Ok();
}

Result<std::unique_ptr<LogReader>> LogReader::Open(const std::vector<LineFile>& files) {
  auto log = std::make_unique<LogReader>();
  log->heads_.resize(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    Head& head = log->heads_[i];
    head.name = files[i].name;
    BONGSU_ASSIGN_OR_RETURN(head.reader, files[i].open());
    BONGSU_RETURN_IF_ERROR(Advance(&head));
  }
  return log;
}

Status LogReader::Advance(Head* head) {
  BONGSU_ASSIGN_OR_RETURN(const bool more, head->reader->Next(&head->line));
  ++head->record;
  head->ended = !more;
  if (!more) return Status::Ok();
  const Status status = head->parser.Parse(head->line, &head->event);
  if (status.ok()) return status;
  return Status::Invalid(StrCat(head->name, ": record ", head->record, ": ", status.message()));
}

Result<bool> LogReader::Next(AccessEvent* event, std::string_view* line) {
  if (current_ != nullptr) BONGSU_RETURN_IF_ERROR(Advance(current_));
  current_ = nullptr;
  for (Head& head : heads_) {
    if (!head.ended && (current_ == nullptr || head.event.time < current_->event.time)) {
      current_ = &head;
    }
  }
  if (current_ == nullptr) return false;
  *event = current_->event;
  *line = current_->line;
  return true;
}

}  // namespace bongsu
