// Every rule of the canonical access event: which members there are, their types, lengths and
// ranges. CanonicalSource, CanonicalEventDecoder and mappings pass through here, so that nothing
// reaches scoring that has not been checked; canonical_text.h, which comes before the decoder, may
// only let pass what these rules do, and is tested against them. One object a thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/codec.h"
#include "engine/core/event.h"
#include "engine/decode/limits.h"
#include "engine/decode/rejection.h"
#include "engine/json/reader.h"

namespace bongsu {

// From 1990 to 2099.
bool IsPlausible(Timestamp t);

// A checked event: views into the reader's tree.
struct CanonicalView {
  std::array<JsonValue, kCanonicalFields> fields;
  uint32_t present = 0;                // Bit i: fields[i] has a value.
  Timestamp time;                      // Whole milliseconds.
  std::vector<JsonMember> attributes;  // Unknown members included.
  uint32_t unknown = 0;
  uint32_t members = 0;  // Leaves of the input.

  bool has(size_t field) const { return (present >> field & 1u) != 0; }
};

class CanonicalRules {
 public:
  explicit CanonicalRules(const LimitOptions& limits);
  // Parses and checks; nullopt when the event is good. Views live until the next call.
  std::optional<Rejection> Read(std::string_view json, CanonicalView* view);

 private:
  std::optional<Rejection> ReadMember(const JsonMember& member, CanonicalView* view);
  std::optional<Rejection> ReadField(size_t field, JsonValue value, CanonicalView* view);
  std::optional<Rejection> ReadTime(JsonValue value, CanonicalView* view);
  std::optional<Rejection> ReadAttribute(const JsonMember& member, CanonicalView* view);
  std::optional<Rejection> CheckAttributes(const CanonicalView& view);
  std::optional<Rejection> CheckRequired(const CanonicalView& view) const;

  const size_t max_bytes_;
  const size_t max_attributes_;
  JsonReader reader_;
  size_t expected_ = 0;  // The member that canonical order lets us expect next.
  uint32_t seen_ = 0;    // Names met, whether or not they had a value.
  std::vector<std::string_view> names_;
};

// Canonical JSON in, canonical text out. Used for records of our shape and for what mappings write.
class CanonicalNormalizer {
 public:
  CanonicalNormalizer(const LimitOptions& limits, std::string source_name);
  // On success json() is the canonical text and view() what was read, both until the next call.
  std::optional<Rejection> Normalize(std::string_view json);
  const std::string& json() const { return out_; }
  const CanonicalView& view() const { return view_; }
  DecodeSink::Canonical Event() const;

 private:
  void Write();

  const std::string source_name_;
  const size_t max_bytes_;
  CanonicalRules rules_;
  CanonicalView view_;
  std::string out_;
};

}  // namespace bongsu
