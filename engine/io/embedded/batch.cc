#include "engine/io/embedded/batch.h"

#include <algorithm>
#include <cstring>

#include "engine/io/embedded/record_codec.h"

namespace bongsu::embedded_internal {
namespace {
constexpr size_t kChunkBytes = 256 << 10;
}  // namespace

void EmbeddedBatch::Clear() {
  records_.clear();
  header_counts_.clear();
  headers_.clear();
  // A record larger than a chunk had one of its own; it is not kept.
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > kChunkBytes; });
  chunk_ = used_ = bytes_ = 0;
}

char* EmbeddedBatch::Allocate(size_t size) {
  while (chunk_ < chunks_.size() && used_ + size > chunks_[chunk_].size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const size_t room = std::max(size, kChunkBytes);
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(room), room});
  }
  char* const place = chunks_[chunk_].data.get() + used_;
  used_ += size;
  return place;
}

Status EmbeddedBatch::Add(int64_t offset, std::string_view encoded) {
  char* const copy = Allocate(encoded.size());
  std::memcpy(copy, encoded.data(), encoded.size());
  Record record;
  record.offset = offset;
  BONGSU_ASSIGN_OR_RETURN(const size_t headers,
                          DecodeRecord({copy, encoded.size()}, &record, &headers_));
  records_.push_back(record);
  header_counts_.push_back(headers);
  bytes_ += encoded.size();
  return Status::Ok();
}

void EmbeddedBatch::Finish() {
  const Header* next = headers_.data();
  for (size_t i = 0; i < records_.size(); ++i) {
    records_[i].headers = {next, header_counts_[i]};
    next += header_counts_[i];
  }
}

}  // namespace bongsu::embedded_internal
