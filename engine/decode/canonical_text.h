// Reads canonical text as we write it, in one pass and without a tree: the members in order, no
// spaces, numbers at their shortest. What is written otherwise it leaves to canonical_rules.h,
// which says what is wrong with it, if anything is.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.h"
#include "engine/decode/limits.h"

namespace bongsu {

class CanonicalText {
 public:
  // `schema` must outlive the reader; it may still grow before the first Read.
  CanonicalText(const LimitOptions& limits, const EventSchema& schema);

  // Whether `json` is a good event in canonical text; then it sets `time` and `fields` of the
  // event, with views that live until the next Read. False leaves them anyhow.
  bool Read(std::string_view json, Event* event);

  // `"name":` as two words, which is as long as our own names are; one look compares it.
  struct Key {
    static constexpr size_t kBytes = 16;
    using Words = std::array<uint64_t, 2>;

    Words text{}, mask{};
    size_t size = 0;

    bool Begins(const char* at) const {
      Words words;
      std::memcpy(words.data(), at, kBytes);
      return (((words[0] ^ text[0]) & mask[0]) | ((words[1] ^ text[1]) & mask[1])) == 0;
    }
  };

 private:
  struct Attribute {
    Key key;  // Of size 0 when the name does not fit or is written with escapes.
    std::string name;
    std::optional<size_t> slot;
  };

  char* TakeMember(size_t id, char* at, Event* event);
  char* TakeAttributes(char* at, Event* event);
  char* TakeName(char* at, Attribute* attribute);
  bool AreDistinct(size_t count);

  const EventSchema& schema_;
  const size_t max_bytes_;
  const size_t max_attributes_;
  std::vector<char> buffer_;  // The text and zeros, which no scan passes.
  // By place, as last met: events of one source have the same attributes in the same order.
  std::vector<Attribute> attributes_;
  size_t distinct_ = 0;  // So many of the first attributes_ are known to differ from each other.
  std::vector<std::string_view> names_;
};

}  // namespace bongsu
