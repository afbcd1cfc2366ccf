// RocksDB takes a MANIFEST that has lost its end (a cut file, a copy made under way) for the whole:
// tables that it does not know any more are removed, younger logs are read, and values are missing
// without an error. It is looked at before the database is opened.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace bongsu {

// kCorrupt when the MANIFEST of the database in `path` ends in the middle of a record, or when the
// write-ahead logs begin after the last write that it knows of, so that some are missing. It is a
// sequence of blocks of 32 KiB with records of (checksum, length, type, bytes), as a log is, whose
// bytes begin with the numbers of a version (RocksDB's wiki, "Write Ahead Log File Format" and
// "MANIFEST"). Ok where there is none; all else is RocksDB's to judge.
Status CheckManifest(const std::string& path);

}  // namespace bongsu
