// Makes an alert again from its receipt (engine/alerting/receipt.h) and compares the bytes. Needs
// the artifacts alone: no broker, no state, no log. Runs on the thread that asks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/artifacts.h"

namespace bongsu {

struct AlertName {
  std::string uid;
  uint32_t revision = 0;  // 0: all of them, from the first on.
  std::string json;       // The alert as it went out; empty: its digest in the receipt is compared.
};
// `text` is an alert's JSON, `<uid>` or `<uid>.s<revision>`. kInvalid when it is none of them, or a
// revision that a person made.
Result<AlertName> ParseAlertName(std::string_view text);

struct Reproduced {
  std::string uid;
  uint32_t revision = 0;
  bool equal = false;
  std::vector<std::string> differences;  // "risk_score: 93 went out, 91 was made", one a member.
  std::string cause;                     // "event db:0:17:0", "timer of decide".
  std::string config_digest, release;    // That it was made with.
  std::string json;                      // What was made now; empty when nothing was.
};

// One a revision; one with `revision` 0 in `name` ends at the first that has no receipt. kNotFound
// when the receipt or something that it names is missing, kCorrupt when that is damaged.
Result<std::vector<Reproduced>> Reproduce(const AlertName& name, const FetchArtifacts& fetch);

}  // namespace bongsu
