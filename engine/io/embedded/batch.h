// The records of one Poll of the embedded log, copied out of the database into memory that the next
// Poll uses again. Belongs to the thread of its consumer or reader.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/core/log.h"

namespace bongsu::embedded_internal {

class EmbeddedBatch final : public RecordBatch {
 public:
  std::span<const Record> records() const override { return records_; }
  void Clear() override;

  // One record as EncodeRecord made it. Finish must follow before anybody looks.
  Status Add(int64_t offset, std::string_view encoded);
  void Finish();
  size_t bytes() const { return bytes_; }

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    size_t size = 0;
  };
  char* Allocate(size_t size);

  std::vector<Record> records_;
  std::vector<size_t> header_counts_;  // Of each record: the headers move while they are added.
  std::vector<Header> headers_;
  std::vector<Chunk> chunks_;
  size_t chunk_ = 0, used_ = 0;  // Where the next record goes.
  size_t bytes_ = 0;
};

}  // namespace bongsu::embedded_internal
