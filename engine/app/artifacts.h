// Reading artifacts (engine/core/artifacts.h) by name: from their topic, or from an archive that
// `sinks.archive` wrote. Any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/log.h"

namespace bongsu {

// By name; what was not found is not in it. Nothing is checked against its digest yet.
using Artifacts = std::map<std::string, std::string>;
using FetchArtifacts = std::function<Result<Artifacts>(const std::vector<std::string>& names)>;

// Reads the topic, or the one partition of it, from its beginning to its end.
Result<Artifacts> ReadArtifactTopic(Log& log, const std::string& topic,
                                    const std::vector<std::string>& names, int32_t partition = -1);
Result<Artifacts> ReadArchive(const std::string& directory, const std::vector<std::string>& names);

}  // namespace bongsu
