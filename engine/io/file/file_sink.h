// Follows a topic into a file, one record's value a line: how alerts leave an engine that has no
// broker. Exactly once, through any crash: `<path>.cursor` holds the next offset of each partition
// and the file's size there; what was written after it is cut off at the next start and written
// again. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/log.h"

namespace bongsu {

class FileSink final {
 public:
  // Goes on where the cursor stands. kInvalid when file and cursor do not belong together. `log`
  // outlives it.
  static Result<std::unique_ptr<FileSink>> Open(Log& log, const std::string& topic,
                                                std::string path);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  // Appends what is new; how many lines.
  Result<int64_t> Step();

 private:
  struct Followed {
    std::unique_ptr<Reader> reader;
    std::unique_ptr<RecordBatch> batch;
    int64_t next = 0;
  };
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  Status LoadCursor(size_t partitions);
  Status OpenFile();
  Status SaveCursor();
  Status Failed(std::string_view what) const;

  const std::string path_;
  std::vector<Followed> followed_;
  std::string lines_;
  int64_t size_ = 0;
  int file_ = -1;
};

}  // namespace bongsu
