// Adds what is known about the acting person at the time of the event: department, role, peer
// group, branch, shift, … from a CSV file whose rows hold from a date on. Runs in the enrich stage,
// on the thread of the shard; one hash look-up an event. The table is one for all shards (table.h
// says what a row costs: ten million persons take 0.65 GB).
//
//   user_id,from,department,role,branch,shift
//   kim,,retail,teller,seoul,
//   kim,2026-07-01,audit,auditor,london,night
//
// The row with the latest `from` that is not after the event's day holds; an empty `from` is older
// than every date. A late event is so decided as of its own time. The columns `department`, `role`
// and `peer_group` fill those fields of the event where it has none; what was observed is never
// changed. Any other column becomes the derived field `person.<column>`, for features and for the
// operators after this one.
#pragma once

#include <memory>
#include <string>

#include "engine/core/spec.h"
#include "operators/enrich/shared.h"
#include "operators/enrich/table.h"

namespace bongsu {

struct PeopleOptions {
  Located<std::string> file;  // Relative to the configuration file.
  Located<std::string> zone{"Asia/Seoul", {}, {}};
  std::shared_ptr<Shared<Table>> table = std::make_shared<Shared<Table>>();
  static const FieldTable<PeopleOptions>& Fields();
};

OperatorSpec PeopleSpec();

}  // namespace bongsu
