// Different texts, each kept once and known by a number: 0, 1, 2, … in the order in which they
// came. One block of bytes and an open hash index, no node per text: a text costs its bytes and
// about 16 more. Built on one thread, then read by any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bongsu {

class StringPool final {
 public:
  // The number of `text`, a new one when it was not there. At most 2^32 - 2 texts.
  uint32_t Add(std::string_view text);
  std::optional<uint32_t> Find(std::string_view text) const;
  // The view lives as long as the pool and until the next Add.
  std::string_view operator[](uint32_t number) const {
    const uint64_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(bytes_).substr(begin, ends_[number] - begin);
  }
  size_t size() const { return ends_.size(); }
  size_t bytes() const;  // Of memory.
  void Shrink();         // Gives back what was kept for more texts.

 private:
  size_t Position(std::string_view text) const;  // Where it stands in the index, or belongs.
  void Grow();

  std::string bytes_;
  std::vector<uint64_t> ends_;   // By number.
  std::vector<uint32_t> index_;  // Number + 1, 0 = free; a power of two, at most two thirds full.
};

}  // namespace bongsu
