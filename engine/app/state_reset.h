// `bongsu state reset`: the changelog is the truth, so the group gets the position that the
// changelog ends with, or, where that part of the input is gone and the gap is accepted, the first
// one left. Everything in one transaction, with a record of who did it and why. One thread.
//
//   read the facts -> plan, partition by partition -> apply
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/app/state_facts.h"
#include "engine/app/state_site.h"

namespace bongsu {

struct ResetStep {
  int32_t partition = 0;
  std::optional<int64_t> from;  // Where the group stands; nullopt: nowhere.
  int64_t to = 0;
  int64_t skipped = 0;       // Offsets of the input that nobody will ever read.
  bool move = false;         // The group's position changes.
  bool torn = false;         // A transaction that is not whole is taken as it is.
  bool set_aside = false;    // The store in this data_dir does not fit.
  std::optional<Meta> meta;  // A new last one for the changelog.
  bool empty() const { return !move && !set_aside && !meta; }
  std::string Words() const;
};

// kInvalid when the partition can't be reset so, with the remedy.
Result<ResetStep> PlanReset(const PartitionFacts& facts, bool accept_gap, uint64_t cluster,
                            Timestamp now);

struct ResetRequest {
  std::string reason, user, host;
};
// Of the process: the name of its user and of its host.
ResetRequest RequestBy(std::string reason);

// The record for bongsu.decisions.
std::string ResetRecord(const ResetRequest& request, std::string_view group, std::string_view input,
                        std::span<const ResetStep> steps, Timestamp now);

// Asks for a group without members once more, then does it.
Status ApplyReset(StateSite& site, std::span<const ResetStep> steps, const ResetRequest& request);

}  // namespace bongsu
