#include "tests/simulator/parts.h"

#include "tests/support/pipeline_parts.h"

namespace bongsu::sim {
namespace {

class LineDecoder final : public SourceDecoder {
 public:
  void Decode(std::string_view line, DecodeSink* sink) override {
    const PlainEvent event = PlainEvent::Parse(line);
    if (!event.good) return sink->OnRejected(0, line, {"json", "", "not an event"});
    DecodeSink::Canonical canonical;
    canonical.json = line;
    canonical.user_id = event.user;
    canonical.time = event.time;
    sink->OnEvent(canonical);
  }
};

}  // namespace

ScoreShardOptions ShardOptions(const Scenario& scenario) {
  ScoreShardOptions options;
  options.alert_partitions = scenario.alert_partitions;
  options.risk_partitions = scenario.partitions;
  options.dedup_window = scenario.dedup_window;
  options.cached_people = scenario.cached_people;
  return options;
}

std::unique_ptr<SourceDecoder> NewSourceDecoder() {
  return std::make_unique<LineDecoder>();
}

}  // namespace bongsu::sim
