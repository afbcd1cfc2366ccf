// Who announces which version of the configuration: between bongsu.ingest-state, the configuration
// of a process and the Announcer of its ingest workers. Runs when workers are made and at reload.
#pragma once

#include <memory>
#include <string>

#include "engine/app/engine_config.h"
#include "engine/app/ingest_state.h"
#include "engine/core/log.h"
#include "engine/core/topics.h"
#include "engine/pipeline/announcer.h"

namespace bongsu {

// With `config` to announce if it is new, or with its artifacts if a release that kept none has
// announced it; without artifacts at all in a replay, where nobody reads them. `log` outlives it.
Result<std::shared_ptr<Announcer>> MakeAnnouncer(const EngineConfig& config,
                                                 const IngestState& state,
                                                 const std::string& instance, Log& log,
                                                 const Topics& topics, bool replay);

// `config` becomes the version in force, all its artifacts are written again.
Status AnnounceNow(const EngineConfig& config, Log& log, const Topics& topics,
                   Announcer& announcer);

}  // namespace bongsu
