// The topics of design section 9, and the envelope of control events.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/core/time.h"

namespace bongsu {

struct Topics {
  explicit Topics(std::string_view prefix);
  std::string events, alerts, user_risk, decisions, changelog, group_sums, artifacts, receipts,
      samples, ingest_state, dead_letters;
};

// Headers of records.
inline constexpr std::string_view kOriginHeader = "origin";  // FormatOrigin of an event
inline constexpr std::string_view kTypeHeader =
    "type";  // kind of a control event; absent = an access event
inline constexpr std::string_view kTimeHeader = "time";      // of a tick, milliseconds
inline constexpr std::string_view kDigestHeader = "digest";  // of a version
inline constexpr std::string_view kTransactionHeader =
    "transactional.id";  // who wrote alerts and changelog
inline constexpr std::string_view kPartitionsHeader =
    "partitions";  // of the input, with each `meta` in the changelog

// Kinds of control events: what else than access events may change a result, in order with them.
inline constexpr std::string_view kTick = "tick";        // event time has reached `time`
inline constexpr std::string_view kVersion = "version";  // the artifact with `digest` takes effect
inline constexpr std::string_view kDecision = "decision";  // a verdict, label or exception
inline constexpr std::string_view kBaseline = "baseline";  // of peers, calibration, budget

// How late the events of a source may come, and when it no longer holds back the watermark.
struct SourceTiming {
  Duration lateness = std::chrono::minutes(10);
  Duration idle_timeout = std::chrono::minutes(5);
};
using SourceTimings = std::map<std::string, SourceTiming, std::less<>>;

}  // namespace bongsu
