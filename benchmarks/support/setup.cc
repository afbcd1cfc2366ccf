#include "benchmarks/support/setup.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "engine/config/yaml.h"

namespace bongsu::benchmarks {
namespace {

constexpr int kMicroPeople = 5000;

EngineConfig OrEnd(Result<EngineConfig> config, const Problems& problems) {
  if (config.ok() && problems.empty()) return *std::move(config);
  std::fprintf(stderr, "%s%s\n", problems.Format().c_str(), config.status().message().c_str());
  std::exit(1);
}

}  // namespace

EngineConfig PeersConfig() {
  Problems problems;
  Result<EngineConfig> config =
      LoadEngineConfig(BONGSU_SOURCE_DIR "/benchmarks/peers.yaml", ProcessEnvironment(), &problems);
  return OrEnd(std::move(config), problems);
}

EngineConfig ConfigOf(std::string_view yaml) {
  Problems problems;
  Result<ConfigNode> root = ParseYaml(yaml, "micro.yaml", &problems);
  if (!root.ok()) return OrEnd(root.status(), problems);
  Result<EngineConfig> config = MakeEngineConfig(*std::move(root), &problems);
  return OrEnd(std::move(config), problems);
}

const EventList& EventsOf(Shape shape) {
  static const std::array<EventList, 3> kLists = {
      MakeEvents(Shape::kManyPeople, kMicroPeople, 1, kMicroEvents),
      MakeEvents(Shape::kHotPerson, kMicroPeople, 1, kMicroEvents),
      MakeEvents(Shape::kColdState, kMicroPeople, 1, kMicroEvents)};
  return kLists[static_cast<size_t>(shape)];
}

}  // namespace bongsu::benchmarks
