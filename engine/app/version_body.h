// A version of the configuration as an artifact: everything that can change a result, and nothing
// else, so that any process can build the pipeline of any version. The body is JSON, the digested
// tree (config_digest.h) with the keys of maps sorted and every scalar a string; its name is that
// digest. Tables are artifacts of their own, named by the digest of their bytes.
#pragma once

#include <memory>
#include <string>

#include "engine/app/artifacts.h"
#include "engine/app/config_digest.h"
#include "engine/app/engine_config.h"

namespace bongsu {

// `config` and the tables that it names, as they go to bongsu.artifacts. kInvalid when a table is
// not what it was when the configuration was loaded.
Result<Artifacts> ArtifactsOf(const EngineConfig& config);

// The configuration of the version with this digest, for a topic of `partitions`. kNotFound when
// its body or one of its tables is missing, kCorrupt when they are not what their names say,
// kInvalid when this release cannot use it. Its sources, brokers and sinks mean nothing.
Result<std::shared_ptr<const EngineConfig>> FetchVersion(const std::string& digest, int partitions,
                                                         const FetchArtifacts& fetch);

}  // namespace bongsu
