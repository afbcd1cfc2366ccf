// Builds what a shard scores with from a configuration: pipeline, decoder and encoders. Used by
// score workers for every version that comes into force, by `reproduce`, by benchmarks.
#pragma once

#include <memory>

#include "engine/app/engine_config.h"
#include "engine/pipeline/score_shard.h"

namespace bongsu {

// All but the store; with `receipts`, alerts leave behind what they were made from. `release` is
// what alerts say of the program. `config` outlives the parts.
Result<ScoreParts> MakeScoreParts(const EngineConfig& config, bool receipts = false,
                                  const std::string& release = BONGSU_VERSION);

Result<ScoreVersion> MakeScoreVersion(std::shared_ptr<const EngineConfig> config, bool receipts);

}  // namespace bongsu
