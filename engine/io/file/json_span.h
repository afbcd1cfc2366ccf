// Follows brackets and strings of a JSON text that comes in pieces, only far enough to know where a
// document that spans lines ends. It judges nothing: the decoder does.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace bongsu {

class JsonSpan final {
 public:
  void Reset();
  void Feed(std::string_view text);
  bool in_string() const { return in_string_; }
  bool open() const { return in_string_ || depth_ > 0; }
  // Inside an object, where only a key (or its end) may follow.
  bool wants_key() const;

 private:
  static constexpr size_t kKnownDepth = 256;  // Deeper is counted, but not told apart.
  std::vector<bool> objects_;
  size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
  char last_ = '\0';
};

// A first line that may be the beginning of a document over several lines; all others are whole.
bool MayContinue(std::string_view line);

}  // namespace bongsu
