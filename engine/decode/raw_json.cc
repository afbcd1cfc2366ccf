#include "engine/decode/raw_json.h"

namespace bongsu {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

size_t SkipBlank(std::string_view text, size_t at) {
  const size_t next = text.find_first_not_of(kBlank, at);
  return next == std::string_view::npos ? text.size() : next;
}

// `at` is on the opening quote; the result is behind the closing one.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at < text.size() ? at + 1 : text.size();
}

size_t SkipValue(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return SkipString(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const size_t end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

}  // namespace

std::optional<std::string_view> RawMember(std::string_view object, std::string_view key) {
  size_t at = SkipBlank(object, 0);
  if (at >= object.size() || object[at] != '{') return std::nullopt;
  for (at = SkipBlank(object, at + 1); at < object.size() && object[at] == '"';) {
    const size_t key_end = SkipString(object, at);
    const std::string_view name = object.substr(at + 1, key_end - at - 2);
    const size_t begin = SkipBlank(object, SkipBlank(object, key_end) + 1);  // Behind the colon.
    const size_t end = SkipValue(object, begin);
    if (name == key) return object.substr(begin, end - begin);
    at = SkipBlank(object, SkipBlank(object, end) + 1);  // Behind the comma.
  }
  return std::nullopt;
}

void RawItems(std::string_view list, std::vector<std::string_view>* items) {
  items->clear();
  size_t at = SkipBlank(list, 0);
  if (at >= list.size() || list[at] != '[') return;
  for (at = SkipBlank(list, at + 1); at < list.size() && list[at] != ']';) {
    const size_t end = SkipValue(list, at);
    items->push_back(list.substr(at, end - at));
    at = SkipBlank(list, end);
    if (at < list.size() && list[at] == ',') at = SkipBlank(list, at + 1);
  }
}

}  // namespace bongsu
