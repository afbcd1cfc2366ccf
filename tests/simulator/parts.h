// What the simulated processes and the oracle have in common: the options of a shard and the
// decoder of the source. The pipeline itself is that of tests/support/pipeline_driver.h.
#pragma once

#include <memory>

#include "engine/core/codec.h"
#include "engine/pipeline/score_shard.h"
#include "tests/simulator/scenario.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu::sim {

ScoreShardOptions ShardOptions(const Scenario& scenario);

// Lines as of pipeline_parts.h; what is none is rejected.
std::unique_ptr<SourceDecoder> NewSourceDecoder();

}  // namespace bongsu::sim
