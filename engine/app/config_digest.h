// What a configuration says about results, and its digest: which configuration made an alert. A new
// one takes effect by a `version` control event. Brokers, commits, caches, listeners and the log
// are not in it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/app/table_reader.h"

namespace bongsu {

struct DigestedConfig {
  std::string digest;  // 64 hexadecimal digits.
  ConfigNode node;     // What is digested; tables are named by the digest of their bytes.
  std::map<std::string, std::string> tables;  // Where each was read, by digest.
};

// Over tenant, seed, limits, enrich with the contents of the files it names, features, detect,
// score (but for its input), decide, and the timing of the sources. kInvalid, with a problem, when
// a table cannot be read.
Result<DigestedConfig> DigestResults(const EngineConfig& config, const ConfigNode& root,
                                     TableReader* reader, Problems* problems);

// The names of the tables in the section `enrich`.
std::vector<std::string> TablesOf(const ConfigNode& enrich);

}  // namespace bongsu
