// Where `generate` puts its events: a file, standard output, or a topic of the configured broker.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/app/engine_config.h"
#include "engine/base/status.h"
#include "engine/io/file/json_lines_writer.h"

namespace bongsu {

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual Status Append(std::string_view user, std::string_view json) = 0;
  // Nothing is appended afterwards. A file without it never gets its name; of a topic the last
  // events are missing.
  virtual Status Finish() = 0;
};

// "-" is standard output.
Result<std::unique_ptr<EventSink>> MakeFileSink(const std::string& path);

// Keyed by person, in transactions. `topic` empty: that of the first source that has one. kInvalid
// when the configuration names no broker, or no topic to choose.
Result<std::unique_ptr<EventSink>> MakeTopicSink(const EngineConfig& config,
                                                 const std::string& topic);

}  // namespace bongsu
