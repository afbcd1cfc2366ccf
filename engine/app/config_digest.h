// The digest of what can change a result: it says which configuration made an alert, and a new one
// takes effect by a `version` control event. Brokers, commits, caches, listeners and the log are
// not in it.
#pragma once

#include <string>

#include "engine/app/engine_config.h"

namespace bongsu {

// 64 hexadecimal digits over tenant, seed, enrich with the contents of the files it names,
// features, detect, score (but for its input), decide, and the timing of the sources. Empty, with a
// problem, when a table cannot be read.
std::string DigestOfResults(const EngineConfig& config, const ConfigNode& root, Problems* problems);

}  // namespace bongsu
