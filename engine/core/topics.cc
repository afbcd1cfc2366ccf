#include "engine/core/topics.h"

#include "engine/base/strings.h"

namespace bongsu {

Topics::Topics(std::string_view prefix)
    : events(StrCat(prefix, ".events")),
      alerts(StrCat(prefix, ".alerts")),
      user_risk(StrCat(prefix, ".user-risk")),
      decisions(StrCat(prefix, ".decisions")),
      changelog(StrCat(prefix, ".changelog")),
      group_sums(StrCat(prefix, ".group-sums")),
      artifacts(StrCat(prefix, ".artifacts")),
      receipts(StrCat(prefix, ".receipts")),
      samples(StrCat(prefix, ".samples")),
      ingest_state(StrCat(prefix, ".ingest-state")),
      dead_letters(StrCat(prefix, ".dead-letters")) {}

}  // namespace bongsu
