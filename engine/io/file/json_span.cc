#include "engine/io/file/json_span.h"

namespace bongsu {
namespace {

constexpr std::string_view kBlank = " \t\r";

}  // namespace

void JsonSpan::Reset() {
  objects_.clear();
  depth_ = 0;
  in_string_ = escaped_ = false;
  last_ = '\0';
}

void JsonSpan::Feed(std::string_view text) {
  for (const char c : text) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    last_ = c;
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (depth_ < kKnownDepth) objects_.push_back(c == '{');
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
      if (depth_ < objects_.size()) objects_.pop_back();
    }
  }
}

bool JsonSpan::wants_key() const {
  return !in_string_ && depth_ > 0 && depth_ == objects_.size() && objects_.back() &&
         (last_ == '{' || last_ == ',');
}

bool MayContinue(std::string_view line) {
  const size_t first = line.find_first_not_of(kBlank);
  const size_t last = line.find_last_not_of(kBlank);
  if (first == std::string_view::npos) return false;
  if (line[first] != '{' && line[first] != '[') return false;
  return line[last] == '{' || line[last] == '[' || line[last] == ',' || line[last] == ':';
}

}  // namespace bongsu
