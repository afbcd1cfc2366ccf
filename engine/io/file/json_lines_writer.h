// Writes lines to a file that appears under its name only when it is complete: `replay --alerts
// OUT`. Until Finish the lines are in "<path>.partial", which is removed if Finish is never
// reached. A path that ends in ".gz" is compressed. A pipe or a device, such as /dev/stdout, is
// written to as it is; of a symbolic link, the file it leads to is written.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"

struct gzFile_s;  // Of zlib.

namespace bongsu {

class JsonLinesWriter final {
 public:
  static Result<std::unique_ptr<JsonLinesWriter>> Make(std::string path);
  ~JsonLinesWriter();
  JsonLinesWriter(const JsonLinesWriter&) = delete;
  JsonLinesWriter& operator=(const JsonLinesWriter&) = delete;

  // `line` has no newline; one is added.
  Status Append(std::string_view line);
  // Writes all to disk and gives the file its name. Nothing may be appended afterwards.
  Status Finish();

 private:
  JsonLinesWriter(std::string path, std::string partial, std::FILE* file);
  bool Write(std::string_view bytes);
  Status Failed(std::string_view what) const;

  const std::string path_, partial_;  // The same, for what is no file.
  std::FILE* file_;
  gzFile_s* gzip_ = nullptr;  // Writes to a duplicate of the descriptor.
};

}  // namespace bongsu
