// Follows topics into a directory: each record is a file whose name is the record's key, so what is
// in it can be read with the log gone. Taking a record again changes nothing, and a file is there
// whole or not at all; so `<directory>/.cursor`, the next offset of each partition, may be behind
// and never ahead. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/log.h"

namespace bongsu {

class ArchiveSink final {
 public:
  // Goes on where the cursor stands. kInvalid when the cursor is of other topics. `log` outlives
  // it.
  static Result<std::unique_ptr<ArchiveSink>> Open(Log& log, const std::vector<std::string>& topics,
                                                   std::string directory);

  // Writes what is new; how many records.
  Result<int64_t> Step();

 private:
  struct Followed {
    TopicPartition from;
    std::unique_ptr<Reader> reader;
    std::unique_ptr<RecordBatch> batch;
    int64_t next = 0;
  };
  explicit ArchiveSink(std::string directory) : directory_(std::move(directory)) {}
  Status LoadCursor();
  Status SaveCursor() const;
  Status Store(const Record& record) const;

  const std::string directory_;
  std::vector<Followed> followed_;
};

}  // namespace bongsu
