// Running the engine until somebody asks it to stop: for `run`, and for the engine that a load test
// has of its own.
#pragma once

#include <string>

#include "engine/app/engine_config.h"

namespace bongsu {

struct RunOptions {
  std::string config, roles = "ingest,score";
  int threads = 1;
  bool pin = false;
  bool exit_at_end = false;
  bool reload = true;  // Read `config` again at SIGHUP.
};

// Sets up log and signals of the process, and ends it; returns only what went wrong before.
int RunEngine(const EngineConfig& config, const RunOptions& options);

}  // namespace bongsu
