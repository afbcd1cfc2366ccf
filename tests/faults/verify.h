// Compares what a campaign left in topics and stores with what it should have come to (truth.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "tests/support/kafka_broker.h"

namespace bongsu::faults {

struct Tally {  // Of the records of a topic.
  int64_t expected = 0, got = 0, lost = 0, duplicated = 0, extra = 0, moved = 0;
  std::string example;  // The first that is wrong.
  bool ok() const { return lost + duplicated + extra + moved == 0; }
};

// As multisets; with `ordered` also whether they come in the same order ("moved": how many places
// differ).
Tally Compare(const std::vector<std::string>& expected, const std::vector<std::string>& got,
              bool ordered);

struct Verdict {
  std::map<std::string, Tally> topics;
  int64_t stores = 0, stores_behind = 0;      // Compared; of them before the end of the input.
  int64_t stores_harmed = 0;                  // Say themselves that the disk lied.
  std::vector<std::string> stores_wrong;      // Which, and what differs.
  std::vector<std::string> changelogs_wrong;  // One changelog a partition is compared.
  bool replay_equal = false;                  // `bongsu replay --from-topic` gives these alerts.
  bool ok() const;
};

struct VerifyOptions {
  std::string program, config, folder;  // Of a member; where files may be written.
  std::string source;                   // Topic; empty: events came directly.
  std::vector<std::string> state_dirs;  // Of all members.
};
Result<Verdict> Verify(KafkaBroker& broker, const VerifyOptions& options);

}  // namespace bongsu::faults
