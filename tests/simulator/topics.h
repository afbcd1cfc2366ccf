// The topics of a simulated bank.
#pragma once

#include <string>

namespace bongsu::sim {

inline const std::string kEvents = "bongsu.events", kAlerts = "bongsu.alerts",
                         kUserRisk = "bongsu.user-risk", kDeadLetters = "bongsu.dead-letters",
                         kChangelog = "bongsu.changelog", kIngestState = "bongsu.ingest-state",
                         kDecisions = "bongsu.decisions", kSource = "source";

}  // namespace bongsu::sim
