#include <fstream>
#include <optional>

#include "benchmarks/end_to_end/workloads.h"
#include "engine/app/wiring.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

class Collector final : public DecodeSink {
 public:
  explicit Collector(EventList* list) : list_(list) {}
  void OnEvent(const Canonical& event) override { list_->Add(event.json, event.user_id); }
  void OnRejected(uint32_t, std::string_view, const Rejection& rejection) override {
    rejected = rejection.message;
  }
  std::string rejected;

 private:
  EventList* list_;
};

}  // namespace

Result<EngineConfig> LoadConfigOf(const Options& options, const Variables& variables) {
  const Environment process = ProcessEnvironment();
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    for (const auto& [known, value] : variables) {
      if (known == name) return value;
    }
    return name == "BENCH_FORMAT" ? options.format : process(name);
  };
  Problems problems;
  Result<EngineConfig> config = LoadEngineConfig(options.config, environment, &problems);
  if (!problems.empty()) return Status::Invalid(problems.Format());
  return config;
}

Result<EventList> LoadEvents(const Options& options, const EngineConfig& config) {
  if (options.input.empty()) {
    BONGSU_ASSIGN_OR_RETURN(const Shape shape, ParseShape(options.shape));
    return MakeEvents(shape, options.people, options.seed, static_cast<size_t>(options.events),
                      options.bad_every);
  }
  std::ifstream file(options.input);
  if (!file) return Status::NotFound(StrCat("--input: ", options.input, " cannot be opened"));
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<SourceDecoder> decoder,
                          MakeSourceDecoder(config, config.sources[0]));
  EventList list;
  Collector collector(&list);
  for (std::string line;
       static_cast<int64_t>(list.size()) < options.events && std::getline(file, line);) {
    decoder->Decode(line, &collector);
    if (!collector.rejected.empty())
      return Status::Invalid(StrCat(options.input, ": ", collector.rejected));
  }
  if (list.size() == 0)
    return Status::Invalid(StrCat("--input: ", options.input, " has no events"));
  return list;
}

}  // namespace bongsu::benchmarks
