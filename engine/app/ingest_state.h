// What lies in bongsu.ingest-state: how far files are read, which version of the configuration is
// in force, and whose. Read when a worker starts and when it becomes the one who announces.
//
//   <source>/<path>       cursor of a file
//   version               digest of the version announced last
//   version@<instance>    digest with which an instance ran last, once it had its say
//   artifact@<name>       in bongsu.artifacts (empty)
//   anything else         signatures of transactions (empty)
#pragma once

#include <map>
#include <set>
#include <string>

#include "engine/core/log.h"
#include "engine/io/file/file_cursor.h"

namespace bongsu {

struct IngestState {
  std::map<std::string, std::map<std::string, FileCursor>> cursors;  // By source and path.
  std::string version;
  std::map<std::string, std::string> versions;  // By instance.
  std::set<std::string> artifacts;
};

Result<IngestState> ReadIngestState(Log& log, const std::string& topic);

}  // namespace bongsu
