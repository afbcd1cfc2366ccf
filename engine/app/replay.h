// A file, or what lies in bongsu.events, through the whole engine on one thread with a fixed clock:
// the same alerts every time. The log is an embedded one in a temporary directory. Behind `replay`,
// `demo` and tests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/app/state_sizes.h"
#include "engine/core/log.h"
#include "engine/core/operator.h"

namespace bongsu {

struct ReplayOptions {
  std::string alerts_path;        // JSON lines; empty: not written.
  std::string dead_letters_path;  // JSON lines; empty: not written.
  std::string user_risk_path;
  std::string samples_path;
  std::string work_dir;  // Empty: a temporary one, removed at the end.
  // Score the committed records of config.score.input on the configured log.
  bool from_topic = false;
  // Score all of them with the configuration given, whatever versions the topic names.
  bool ignore_versions = false;
  std::function<void(int64_t records)> progress;
  // Sees every event after all operators, with the verdict. True: seen enough, the replay ends with
  // the batch in hand.
  std::function<bool(const Event&, Context&)> observe;
};

struct ReplayResult {
  int64_t records = 0, events = 0, dead_letters = 0, alerts = 0;
  double mapped_ratio = 0;            // Of the leaf members of the input, how many a mapping reads.
  std::string digest;                 // SHA-256 of the alerts' lines.
  double seconds = 0;                 // Of the machine's clock.
  std::vector<std::string> versions;  // Digests that the topic named, in their order.
  StateSizes state;
  std::vector<std::string> alert_json;  // In the order of partitions, then of the stream.
  // The same; only where `observe` is set, and not those taken at random, which may be many.
  std::vector<std::string> sample_json;
};

// Makes the source `named` (empty: the only one), or one with the mapping of that name, the only
// source, and reads it from `files` ("-" alone: standard input). kInvalid when there is none.
Status ReadFrom(const std::vector<std::string>& files, const std::string& named,
                EngineConfig* config);

// `config.sources` says what is read; brokers are ignored unless from_topic.
Result<ReplayResult> Replay(const EngineConfig& config, const ReplayOptions& options);

}  // namespace bongsu
