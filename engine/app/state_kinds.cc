#include "engine/app/state_kinds.h"

#include "engine/core/state_keys.h"

namespace bongsu {

std::string_view KindOf(std::string_view key) {
  return key.substr(0, key.find('/'));
}

std::string_view KindWords(std::string_view kind) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"d", "window of duplicates"},
      {"e", "risky events"},
      {"f", "folded alerts"},
      {"m", "models"},
      {"r", "risks held back"},
      {"schema", "layouts of profiles"},
      {"t", "timers"},
      {"time", "event time"},
      {"u", "profiles"},
      {"version", "configuration in force"}};
  for (const auto& [name, words] : kWords) {
    if (name == kind) return words;
  }
  return "memory of operators";
}

std::optional<std::string_view> PersonOf(std::string_view key) {
  if (key.size() < 2 || key[1] != '/') return std::nullopt;
  if (key[0] == kModelKind || key[0] == kDedupKind) return std::nullopt;
  if (key[0] != kTimerKind) return key.substr(2);
  const std::optional<ParsedTimer> timer = ParseTimerKey(key);
  const size_t slash = timer ? timer->id.find('/') : std::string_view::npos;  // After the operator.
  if (slash == std::string_view::npos) return std::nullopt;
  return timer->id.substr(slash + 1);
}

void Count(std::string_view key, size_t value_bytes, KindCounts* counts) {
  const std::string_view kind = KindOf(key);
  auto at = counts->find(kind);
  if (at == counts->end()) at = counts->emplace(std::string(kind), KindCount()).first;
  ++at->second.entries;
  at->second.bytes += static_cast<int64_t>(key.size() + value_bytes);
}

}  // namespace bongsu
