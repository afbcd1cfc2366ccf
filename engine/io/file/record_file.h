// Cuts one stream of bytes into records: lines, or JSON documents over several lines. Empty lines,
// a byte order mark and carriage returns are passed over. Memory stays within `max_record`: what is
// longer is streamed past and reported. One thread.
//
// A document spans lines when its first line begins with { or [, is not closed and ends after {, [,
// comma or colon; it ends with the line on which its brackets close. A line that starts with {
// where only a member name could follow begins a new record, so that a line cut off in the middle
// does not swallow its neighbours.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/io/file/byte_source.h"
#include "engine/io/file/json_span.h"

namespace bongsu {

class RecordFile final {
 public:
  struct Item {
    int64_t offset = 0;
    std::string_view bytes;  // Until the next call; of what was too long, the first part.
    std::string broken;      // Why the bytes are not whole; empty when they are.
  };

  RecordFile(std::unique_ptr<ByteSource> source, size_t max_record);
  // Goes on after all records that start before `next`, which is where a record starts or one more
  // than the offset of the last one read. kInvalid when the file is shorter.
  Status Resume(int64_t next);
  ByteSource::Got state() const { return state_; }
  // True with a record; false when there is none: state() tells whether for now or for good.
  Result<bool> Next(Duration timeout, Item* item);

 private:
  // The end of the line that starts `from` bytes into the record. False when it is not there: the
  // end of the input (then the line ends with it), too long, or nothing came yet.
  bool FindLine(size_t from, Duration timeout, size_t* end);
  bool Fill(Duration timeout);
  void Consume(size_t size);
  bool Emit(size_t size, Item* item);
  Result<bool> TooLong(Duration timeout, Item* item);
  Result<bool> Last(size_t size, Item* item);
  std::string_view Buffered() const {
    return std::string_view(buffer_.data() + begin_, end_ - begin_);
  }
  bool Full() const { return end_ - begin_ > max_record_ + 2; }

  const std::unique_ptr<ByteSource> source_;
  const size_t max_record_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  int64_t position_ = 0;  // Of begin_ in the stream.
  JsonSpan span_;
  ByteSource::Got state_ = ByteSource::Got::kData;
  Status error_;  // What ended the source.
  bool error_told_ = false;
  // While a record that is too long is passed over:
  bool skipping_ = false, spanning_ = false, line_start_ = false;
  int64_t skipped_from_ = 0;
  std::string head_;
};

}  // namespace bongsu
