#include "engine/generate/access_event.h"

#include <charconv>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

// `name` is the member with its comma, quotes and colon.
void AppendText(std::string_view name, std::string_view value, std::string* out) {
  if (value.empty()) return;
  out->append(name);
  JsonWriter(out).String(value);
}

void AppendWhole(std::string_view name, double value, std::string* out) {
  if (std::isnan(value)) return;
  out->append(name);
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), static_cast<int64_t>(value));
  out->append(digits, end.ptr);
}

}  // namespace

void AppendTail(const AccessEvent& event, std::string* out) {
  AppendWhole(",\"time\":", static_cast<double>(ToMillis(event.time)), out);
  AppendText(",\"user_id\":", event.user, out);
  AppendText(",\"action\":", event.action, out);
  AppendText(",\"result\":", event.result, out);
  AppendText(",\"source\":", event.source, out);
  AppendText(",\"resource_id\":", event.resource, out);
  AppendText(",\"resource_type\":", event.resource_type, out);
  AppendWhole(",\"sensitivity\":", event.sensitivity, out);
  AppendText(",\"src_ip\":", event.address, out);
  AppendText(",\"device_id\":", event.device, out);
  AppendText(",\"session_id\":", event.session, out);
  AppendText(",\"country\":", event.country, out);
  AppendText(",\"department\":", event.department, out);
  AppendText(",\"role\":", event.role, out);
  AppendWhole(",\"rows\":", event.rows, out);
  AppendWhole(",\"bytes\":", event.bytes, out);
  out->push_back('}');
}

void AssignLine(uint64_t key, uint64_t number, std::string_view tail, std::string* line) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::string_view kHead = "{\"event_id\":\"";
  // Adding and mixing are bijections of the number.
  uint64_t id = Mix64(key + number);
  char digits[16];
  for (int i = 15; i >= 0; --i, id >>= 4) digits[i] = kHex[id & 15];
  line->assign(kHead);
  line->append(digits, sizeof(digits));
  line->push_back('"');
  line->append(tail);
}

}  // namespace bongsu
