// The synthetic CERT-style logs of a company (logon, device, file, http, email and users, each .csv
// or .csv.gz) as canonical events, so that insiders can be planted in a log that is not ours. One
// thread; keeps all events in memory to put them in the order of time.
//
//   logon   Logon, Logoff         LOGIN, LOGOUT
//   device  Connect, Disconnect   CONNECT, DISCONNECT
//   file    Open, Edit, Copy      VIEW, UPDATE, EXPORT (COPY when not to removable media)
//   http    a visit               VIEW of the host
//   email   Send                  EXPORT with attachments, else SEND; of `size` bytes to a mailbox
//
// The computer is the device; the role of users.csv is the department (Sales, IT, …). Times have no
// zone in the logs and are taken for Seoul's, where the shipped calendar is. There are no results,
// rows, addresses, countries, sensitivities or owners.
#pragma once

#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/generate/labels.h"

namespace bongsu::benchmarks {

// Writes events.jsonl and the tables people.csv, resources.csv and approvals.csv (the latter two
// empty) into `out`. The labels are those whom users.csv calls malicious, of kind "of_log" and from
// their first event to their last: the logs do not say when. kInvalid with file and line.
Result<std::vector<Label>> ConvertUba(const std::string& dir, const std::string& out);

}  // namespace bongsu::benchmarks
