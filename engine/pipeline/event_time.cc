#include "engine/pipeline/event_time.h"

#include <algorithm>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kShardKey = "time/";

void Put(std::string* out, Timestamp t) {
  const int64_t micros = t.time_since_epoch().count();
  out->append(reinterpret_cast<const char*>(&micros), 8);
}

Timestamp Take(std::string_view bytes, size_t at) {
  int64_t micros;
  std::memcpy(&micros, bytes.data() + at, 8);
  return Timestamp(Duration(micros));
}

}  // namespace

bool EventTime::OnEvent(std::string_view source, Timestamp time) {
  changed_ = true;
  const bool late = watermark_ && time < *watermark_;
  auto progress = sources_.find(source);
  if (progress == sources_.end())
    progress = sources_.emplace(std::string(source), Progress{time, time, TimingOf(source)}).first;
  progress->second.furthest = std::max(progress->second.furthest, time);
  now_ = std::max(now_, time);
  progress->second.last_seen = now_;
  RaiseWatermark();
  return late;
}

void EventTime::OnTick(Timestamp time) {
  changed_ = true;
  now_ = std::max(now_, time);
  RaiseWatermark();
}

void EventTime::RaiseWatermark() {
  std::optional<Timestamp> lowest;
  for (const auto& [source, progress] : sources_) {
    if (now_ - progress.last_seen > progress.timing.idle_timeout) continue;
    const Timestamp complete = progress.furthest - progress.timing.lateness;
    if (!lowest || complete < *lowest) lowest = complete;
  }
  if (lowest && (!watermark_ || *lowest > *watermark_)) watermark_ = lowest;
}

const SourceTiming& EventTime::TimingOf(std::string_view source) const {
  static const SourceTiming kDefault;
  const auto timing = timings_.find(source);
  return timing == timings_.end() ? kDefault : timing->second;
}

void EventTime::Save(StateStore& store) {
  if (!std::exchange(changed_, false)) return;
  std::string value;
  Put(&value, now_);
  if (watermark_) Put(&value, *watermark_);
  store.Put(kShardKey, value);
  for (const auto& [source, progress] : sources_) {
    value.clear();
    Put(&value, progress.furthest);
    Put(&value, progress.last_seen);
    store.Put(StrCat(kShardKey, source), value);
  }
}

Status EventTime::Load(StateStore& store) {
  bool readable = true;
  BONGSU_RETURN_IF_ERROR(store.Scan(kShardKey, [&](std::string_view key, std::string_view value) {
    const std::string_view source = key.substr(kShardKey.size());
    if (value.size() != 16 && !(source.empty() && value.size() == 8)) return readable = false;
    if (source.empty()) {
      now_ = Take(value, 0);
      if (value.size() == 16) watermark_ = Take(value, 8);
    } else {
      sources_[std::string(source)] = {Take(value, 0), Take(value, 8), TimingOf(source)};
    }
    return true;
  }));
  return readable ? Status::Ok()
                  : Status::Corrupt("state: the event time of a shard is not readable");
}

}  // namespace bongsu
