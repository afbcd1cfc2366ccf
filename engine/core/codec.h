// Between bytes and vocabulary: decoders of what comes in, encoders of what goes out. Pure; one
// object a thread (they keep buffers). engine/decode and engine/alerting implement them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/alert.h"
#include "engine/core/event.h"
#include "engine/core/receipt.h"

namespace bongsu {

// Why something is a dead letter.
struct Rejection {
  std::string reason;   // A code of few values, a metric label: "json", "missing", "type", "range",
                        // "time", "limit", …
  std::string field;    // The member at fault, if one is.
  std::string message;  // What was expected and what came; no personal data, no value of the event.
};

// Receives what a SourceDecoder finds in one record, in order. Views live during the call.
class DecodeSink {
 public:
  virtual ~DecodeSink() = default;
  struct Canonical {
    std::string_view json;  // Canonical form: what goes to bongsu.events.
    std::string_view user_id;
    Timestamp time;
    uint32_t index = 0;            // Within the record.
    uint32_t unknown_members = 0;  // Kept under `attributes`.
    uint32_t mapped = 0,
             members = 0;  // Leaf members of the input that a mapping reads, and all of them.
  };
  virtual void OnEvent(const Canonical& event) = 0;
  // `bytes` is the part at fault (an element of `Records`), or the whole record.
  virtual void OnRejected(uint32_t index, std::string_view bytes, const Rejection& rejection) = 0;
};

// A record of a source -> canonical events. Never trusts its input, never fails as a whole.
class SourceDecoder {
 public:
  virtual ~SourceDecoder() = default;
  virtual void Decode(std::string_view bytes, DecodeSink* sink) = 0;
};

// A canonical event -> slots. Views of `event` live until the next Decode.
class EventDecoder {
 public:
  virtual ~EventDecoder() = default;
  // nullopt when the event is good.
  virtual std::optional<Rejection> Decode(std::string_view json, Event* event) = 0;
};

class AlertEncoder {
 public:
  virtual ~AlertEncoder() = default;
  // Appends one JSON object. The same input gives the same bytes.
  virtual void EncodeAlert(const Alert& alert, std::string* json) = 0;
  virtual void EncodeUserRisk(const UserRisk& risk, std::string* json) = 0;
  virtual void EncodeSample(const Sample& sample, std::string* json) = 0;
};

// Writes what an alert was made from as artifacts (artifacts.h).
class ReceiptEncoder {
 public:
  virtual ~ReceiptEncoder() = default;
  using Add = std::function<void(std::string_view name, std::string_view bytes)>;
  // `alert_json` is the alert as it goes out. Snapshots of models that it has just added are not
  // added again.
  virtual void Encode(const Alert& alert, std::string_view alert_json, const Receipt& receipt,
                      const Add& add) = 0;
};

}  // namespace bongsu
