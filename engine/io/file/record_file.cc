#include "engine/io/file/record_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kChunk = 64 * 1024;
constexpr size_t kHead = 1024;  // What is kept of a record that is too long.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

RecordFile::RecordFile(std::unique_ptr<ByteSource> source, size_t max_record)
    : source_(std::move(source)), max_record_(max_record) {}

Status RecordFile::Resume(int64_t next) {
  if (next <= 0) return Status::Ok();
  BONGSU_RETURN_IF_ERROR(source_->Skip(next - 1));
  position_ = next - 1;
  while (begin_ == end_ && Fill(Duration(0))) {
  }
  if (begin_ == end_ && error_.code() == Code::kCorrupt) {
    error_told_ = true;  // The damage was the last record.
    return Status::Ok();
  }
  if (begin_ == end_) {
    return Status::Invalid(StrCat("expected at least ", next, " bytes, got ", position_,
                                  "; the file was replaced: read it under a new name"));
  }
  if (buffer_[begin_] == '\n') {
    Consume(1);
    return Status::Ok();
  }
  // `next` is inside the last record (its offset + 1) or the end of a file without a last newline.
  Item read;
  return Next(Duration(0), &read).status();
}

bool RecordFile::Fill(Duration timeout) {
  if (state_ == ByteSource::Got::kEnd) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kChunk) buffer_.resize(std::max(buffer_.size() * 2, 2 * kChunk));
  size_t got = 0;
  const auto state = source_->Read(buffer_.data() + end_, buffer_.size() - end_, timeout, &got);
  if (!state.ok()) {
    error_ = state.status();
    state_ = ByteSource::Got::kEnd;
    return false;
  }
  state_ = *state;
  end_ += got;
  return state_ == ByteSource::Got::kData;
}

void RecordFile::Consume(size_t size) {
  begin_ += size;
  position_ += static_cast<int64_t>(size);
}

bool RecordFile::FindLine(size_t from, Duration timeout, size_t* end) {
  size_t looked = from;
  for (;;) {
    const size_t newline = Buffered().find('\n', looked);
    if (newline != std::string_view::npos) {
      *end = newline;
      return true;
    }
    looked = end_ - begin_;
    *end = looked;
    if (Full() || !Fill(timeout)) return false;
  }
}

bool RecordFile::Emit(size_t size, Item* item) {
  std::string_view bytes = Buffered().substr(0, size);
  item->offset = position_;
  if (position_ == 0 && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(3);
  while (!bytes.empty() && (bytes.back() == '\r' || bytes.back() == '\n')) bytes.remove_suffix(1);
  item->bytes = bytes;
  item->broken.clear();
  Consume(std::min(size + 1, end_ - begin_));
  return true;
}

// The end of the input: what is left is a record, a broken one where the source was damaged.
Result<bool> RecordFile::Last(size_t size, Item* item) {
  if (!error_.ok() && error_.code() != Code::kCorrupt) return error_;
  std::string_view left = Buffered().substr(0, size);
  if (position_ == 0 && left.starts_with(kByteOrderMark)) left.remove_prefix(3);
  if (!error_.ok() && !error_told_) {
    error_told_ = true;
    Emit(size, item);
    item->broken = error_.message();
    return true;
  }
  if (!IsBlank(left)) return Emit(size, item);
  Consume(size);
  return false;
}

Result<bool> RecordFile::Next(Duration timeout, Item* item) {
  if (skipping_) return TooLong(timeout, item);
  span_.Reset();
  size_t taken = 0;  // Lines of this record so far, with their newlines.
  for (;;) {
    size_t end = 0;
    const bool whole = FindLine(taken, timeout, &end);
    const bool carriage = end > 0 && Buffered()[end - 1] == '\r';
    if (end - (carriage ? 1 : 0) > max_record_ || (!whole && Full())) {
      spanning_ = taken > 0;
      skipped_from_ = position_;
      head_ = Buffered().substr(0, std::min(kHead, end));
      Consume(taken);
      skipping_ = line_start_ = true;
      return TooLong(timeout, item);
    }
    if (!whole && state_ == ByteSource::Got::kWait) return false;
    if (!whole) return Last(end, item);
    std::string_view line = Buffered().substr(taken, end - taken);
    if (taken == 0) {
      if (position_ == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(3);
      if (IsBlank(line)) {
        Consume(end + 1);
        continue;
      }
      if (!MayContinue(line)) return Emit(end, item);
    } else if (line.starts_with('{') && span_.wants_key()) {
      return Emit(taken - 1, item);
    }
    span_.Feed(line);
    if (!span_.open() || span_.in_string()) return Emit(end, item);
    taken = end + 1;
  }
}

Result<bool> RecordFile::TooLong(Duration timeout, Item* item) {
  for (bool done = false; !done;) {
    if (begin_ == end_ && !Fill(timeout)) {
      if (state_ == ByteSource::Got::kWait) return false;
      break;
    }
    const std::string_view left = Buffered();
    const size_t newline = left.find('\n');
    const std::string_view piece = left.substr(0, newline);
    if (spanning_ && line_start_ && piece.starts_with('{') && span_.wants_key()) break;
    if (spanning_) span_.Feed(piece);
    line_start_ = newline != std::string_view::npos;
    done = line_start_ && (!spanning_ || !span_.open() || span_.in_string());
    Consume(piece.size() + (line_start_ ? 1 : 0));
  }
  skipping_ = false;
  item->offset = skipped_from_;
  item->bytes = head_;
  item->broken = StrCat("expected records of at most ", max_record_,
                        " bytes, got a longer one; raise limits.record");
  return true;
}

}  // namespace bongsu
