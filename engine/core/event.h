// The access event (design section 3) in memory: one action of one person on one resource, as
// slots. Names are resolved to slots when a pipeline is built; on the event path nothing is looked
// up by name.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

// Where an event was born. Ids are made of it; it survives repartitioning and replay.
struct Origin {
  std::string_view source;  // The configured name of the source.
  int32_t partition = 0;    // Of the source topic; of files, their number within the source.
  int64_t offset = 0;  // Of the record; of files, the byte where the line starts (uncompressed).
  uint32_t index = 0;  // Within a record that holds several events.
};

// "source:partition:offset:index": the header `origin` of a record in bongsu.events.
std::string FormatOrigin(const Origin& origin);
// The view into `text` lives as long as `text`.
Result<Origin> ParseOrigin(std::string_view text);

// The members of the canonical event that have a slot of their own, in the order of design
// section 3. `time` is Event::time.
enum Field : size_t {
  kEventId,
  kUserId,
  kAction,
  kResult,
  kSource,
  kResourceId,
  kResourceType,
  kSensitivity,  // number 0-10
  kSrcIp,
  kDeviceId,
  kSessionId,
  kCountry,
  kDepartment,
  kRole,
  kPeerGroup,
  kRows,        // number >= 0
  kBytes,       // number >= 0
  kDurationMs,  // number >= 0
  kReason,
  kApprovalId,
  kCanonicalFields
};
inline constexpr std::array<std::string_view, kCanonicalFields> kFieldNames = {
    "event_id",    "user_id", "action",    "result",      "source",  "resource_id", "resource_type",
    "sensitivity", "src_ip",  "device_id", "session_id",  "country", "department",  "role",
    "peer_group",  "rows",    "bytes",     "duration_ms", "reason",  "approval_id"};
inline constexpr bool IsNumeric(size_t field) {
  return field == kSensitivity || field == kRows || field == kBytes || field == kDurationMs;
}

// One observed or derived value. Text is empty and number is NaN where there is none; a number has
// both.
struct Value {
  std::string_view text;
  double number = std::numeric_limits<double>::quiet_NaN();
  bool present() const { return text.data() != nullptr && !text.empty(); }
};

// Which slots an event has: the canonical fields, then fields that enrichment derives
// (`off_hours`), then the attributes that some operator names (`attributes.x`). Filled while the
// pipeline is built.
class EventSchema {
 public:
  // The slot of a canonical, derived or `attributes.` name; an attribute gets one on first use.
  // kInvalid with a hint when the name is unknown.
  Result<size_t> Slot(std::string_view name);
  // Declares a field that an enrich operator fills; its slot. `flag`: it is "true" or "false".
  size_t AddDerived(std::string name, bool flag = false);
  // Names that begin so are taken as they come: the operator that declares them has a problem,
  // which is reported already.
  void AddUnknown(std::string prefix) { unknown_.push_back(std::move(prefix)); }
  bool IsFlag(size_t slot) const;
  std::string_view name(size_t slot) const;
  size_t size() const { return kCanonicalFields + extra_.size(); }
  // The slot of attribute `name` (without the prefix) if some operator uses it. For decoders.
  std::optional<size_t> AttributeSlot(std::string_view name) const;
  bool has_attributes() const { return attributes_ > 0; }

 private:
  std::vector<std::string> extra_, unknown_;
  std::vector<size_t> flags_;  // Slots.
  size_t attributes_ = 0;
};

// What is normal for one person in one feature, learned from their own past.
struct Normal {
  double usual = std::numeric_limits<double>::quiet_NaN();  // On an ordinary day; NaN: not known.
  double high = std::numeric_limits<double>::quiet_NaN();   // Reached on about one day in forty.
};

// What the stages look at. Strings live as long as the record they were decoded from (or the
// pipeline, for derived values). Operators fill derived slots and features; they never change what
// was observed.
struct Event {
  Origin origin;
  Timestamp time;                // When it happened, not when it arrived.
  std::string_view user;         // The input is partitioned by this key.
  std::vector<Value> fields;     // By slot of the EventSchema.
  std::vector<double> features;  // By feature of the PipelineSchema; NaN = no value yet.
  std::vector<Normal> normals;   // As many; filled by the features that know it.
  std::string_view raw;          // The canonical JSON, for evidence and dead letters.
  int64_t log_offset = 0;        // In bongsu.events. A header of alerts, never part of an id.
  bool late = false;
};

}  // namespace bongsu
