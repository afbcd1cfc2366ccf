#include "state/rocksdb/status.h"

#include <string>

#include "engine/base/strings.h"

namespace bongsu {

Status FromRocksDb(const rocksdb::Status& status, std::string_view doing, std::string_view path) {
  if (status.ok()) return Status::Ok();
  const std::string cause = status.ToString();
  const auto says = [&](std::string_view text) { return cause.find(text) != std::string::npos; };
  const std::string what = StrCat("state: cannot ", doing, " ", path, ": ");
  if (status.IsNoSpace() || says("No space left")) {
    return Status::Unavailable(StrCat(what, "no space left on its disk; free some or enlarge it"));
  }
  if (says("lock hold by current process") || says("While lock file")) {
    return Status::Unavailable(StrCat(
        what, "it is held by another store or process; end that one or choose another data_dir"));
  }
  if (says("Permission denied") || says("Read-only file system")) {
    return Status::Invalid(StrCat(what,
                                  "permission denied; give this user the directory and all "
                                  "files in it, or choose another data_dir"));
  }
  if (status.IsCorruption()) {
    return Status::Corrupt(StrCat(what, cause, "; set the store aside and restore it"));
  }
  // A file that the store's own list names is gone.
  if (says("No such file or directory")) {
    return Status::Corrupt(StrCat(what, cause, "; set the store aside and restore it"));
  }
  if (says("Too many open files")) {
    return Status::Unavailable(StrCat(what, "too many open files; raise the limit (ulimit -n)"));
  }
  if (status.IsTryAgain() || status.IsBusy() || status.IsTimedOut() || status.IsIOError()) {
    return Status::Unavailable(StrCat(what, cause, "; look at the disk and its mount"));
  }
  return Status::Internal(StrCat(what, cause));
}

}  // namespace bongsu
