// The canonical access event (design section 3), between JSON and the engine. `ingest` runs
// CanonicalSource over records that already have our shape; `score` runs CanonicalEventDecoder, the
// hot path, over bongsu.events. Both obey the same rules (canonical_rules.h, canonical_text.h). One
// object a thread.
//
// The canonical text has the members in the order of design section 3, then `attributes`; absent
// members are left out; `time` is whole milliseconds since the epoch (what is finer is cut off);
// numbers are written shortest. Canonical text comes out of CanonicalSource as it went in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/codec.h"
#include "engine/core/event.h"
#include "engine/decode/canonical_rules.h"
#include "engine/decode/canonical_text.h"
#include "engine/decode/limits.h"

namespace bongsu {

// One event a record, in any member order. Unknown members move under `attributes` and are counted;
// null and empty members count as absent; an absent `source` becomes the name of the configured
// source.
class CanonicalSource final : public SourceDecoder {
 public:
  CanonicalSource(const LimitOptions& limits, std::string source_name);
  void Decode(std::string_view bytes, DecodeSink* sink) override;

 private:
  CanonicalNormalizer normalizer_;
};

// Canonical JSON to slots. An attribute gets its slot only if some operator names it; numbers and
// booleans have text and number ("true" and 1). Sets `time`, `user`, `fields` and `raw` of the
// event; views live until the next Decode, `raw` as long as `json`.
class CanonicalEventDecoder final : public EventDecoder {
 public:
  // `schema` must outlive the decoder; it may still grow before the first Decode.
  CanonicalEventDecoder(const LimitOptions& limits, const EventSchema& schema);
  std::optional<Rejection> Decode(std::string_view json, Event* event) override;

 private:
  void FromView(Event* event);
  Value ToValue(JsonValue value);

  const EventSchema& schema_;
  CanonicalText text_;
  CanonicalRules rules_;
  CanonicalView view_;
  std::vector<char> numbers_;  // The texts of numbers; sized once, so that views stay good.
  size_t used_ = 0;
};

}  // namespace bongsu
