// The event time of one shard: how far events and ticks have come, and behind which time an event
// is late. Part of the state, so that a restart changes nothing. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/state.h"
#include "engine/core/topics.h"

namespace bongsu {

class EventTime {
 public:
  explicit EventTime(SourceTimings timings) : timings_(std::move(timings)) {}

  // An event of `source` at `time` has come. True when it is late: before the watermark.
  bool OnEvent(std::string_view source, Timestamp time);
  void OnTick(Timestamp time);
  // The furthest time that an event or a tick has reached. Timers follow it; it never goes back.
  Timestamp now() const { return now_; }
  // Everything before it has come, as far as anyone can tell: the lowest over the active sources of
  // their furthest event less their lateness. Never goes back.
  std::optional<Timestamp> watermark() const { return watermark_; }

  void Save(StateStore& store);  // Under time/; only what changed.
  Status Load(StateStore& store);

 private:
  struct Progress {
    Timestamp furthest;   // Of this source's events.
    Timestamp last_seen;  // The shard's time at its last event.
    SourceTiming timing;  // As configured.
  };
  void RaiseWatermark();
  const SourceTiming& TimingOf(std::string_view source) const;

  SourceTimings timings_;
  std::map<std::string, Progress, std::less<>> sources_;
  Timestamp now_{};
  std::optional<Timestamp> watermark_;
  bool changed_ = false;
};

}  // namespace bongsu
