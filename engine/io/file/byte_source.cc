#include "engine/io/file/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kInputSize = 64 * 1024;
constexpr int kGzipOnly = 15 + 16;  // The largest window, gzip header and trailer wanted.

bool LooksLikeGzip(const unsigned char* bytes, size_t size) {
  return size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
}

}  // namespace

struct ByteSource::Inflater {
  z_stream stream{};
  bool ended = false;
  Inflater() { BONGSU_CHECK(inflateInit2(&stream, kGzipOnly) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
};

Result<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kInvalid,
                  StrCat(path, ": cannot be opened: ", std::strerror(errno)));
  }
  struct stat info {};
  if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    close(fd);
    return Status::Invalid(StrCat(path, ": expected a file, got a directory; write \"", path,
                                  "/*\" to read the files in it"));
  }
  return std::unique_ptr<ByteSource>(new ByteSource(fd, true, path));
}

std::unique_ptr<ByteSource> ByteSource::FromDescriptor(int fd, std::string name) {
  return std::unique_ptr<ByteSource>(new ByteSource(fd, false, std::move(name)));
}

ByteSource::ByteSource(int fd, bool owned, std::string name)
    : fd_(fd), owned_(owned), name_(std::move(name)), input_(kInputSize) {}

ByteSource::~ByteSource() {
  if (owned_) close(fd_);
}

// Adds bytes to what is left of the input.
Result<ByteSource::Got> ByteSource::FillInput(Duration timeout) {
  if (input_ended_) return Got::kEnd;
  if (begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (!owned_) {
    pollfd wait{fd_, POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    const int ready = poll(&wait, 1, static_cast<int>(std::clamp<int64_t>(ms, 0, 60'000)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Got::kWait;
  }
  ssize_t size = 0;
  do {
    size = read(fd_, input_.data() + end_, input_.size() - end_);
  } while (size < 0 && errno == EINTR && owned_);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Got::kWait;
  if (size < 0) {
    return Status::Unavailable(StrCat(name_, ": cannot be read: ", std::strerror(errno)));
  }
  if (size == 0) {
    input_ended_ = true;
    return Got::kEnd;
  }
  end_ += static_cast<size_t>(size);
  return Got::kData;
}

Result<ByteSource::Got> ByteSource::Read(char* out, size_t size, Duration timeout, size_t* got) {
  *got = 0;
  // The first two bytes decide, so both must be there.
  while (!started_) {
    if (end_ - begin_ >= 2 || input_ended_) {
      started_ = true;
      if (LooksLikeGzip(input_.data() + begin_, end_ - begin_)) {
        inflater_ = std::make_unique<Inflater>();
      }
      break;
    }
    BONGSU_ASSIGN_OR_RETURN(const Got filled, FillInput(timeout));
    if (filled == Got::kWait) return Got::kWait;
  }
  for (;;) {
    if (begin_ == end_) {
      BONGSU_ASSIGN_OR_RETURN(const Got filled, FillInput(timeout));
      if (filled == Got::kWait) return filled;
      if (filled == Got::kEnd) {
        if (inflater_ && !inflater_->ended) {
          return Status::Corrupt(
              StrCat(name_, ": the gzip data ends in the middle; copy it again"));
        }
        return Got::kEnd;
      }
    }
    if (inflater_) {
      BONGSU_ASSIGN_OR_RETURN(const Got inflated, Inflate(out, size, got));
      if (inflated == Got::kWait) continue;  // Needs more input.
      return inflated;
    }
    *got = std::min(size, end_ - begin_);
    std::memcpy(out, input_.data() + begin_, *got);
    begin_ += *got;
    return Got::kData;
  }
}

Result<ByteSource::Got> ByteSource::Inflate(char* out, size_t size, size_t* got) {
  z_stream& stream = inflater_->stream;
  if (inflater_->ended) {
    if (!LooksLikeGzip(input_.data() + begin_, end_ - begin_)) {
      // As gzip does: what follows the last member is padding.
      begin_ = end_;
      return Got::kWait;
    }
    inflateReset(&stream);
    inflater_->ended = false;
  }
  stream.next_in = input_.data() + begin_;
  stream.avail_in = static_cast<uInt>(end_ - begin_);
  stream.next_out = reinterpret_cast<Bytef*>(out);
  stream.avail_out = static_cast<uInt>(size);
  const int code = inflate(&stream, Z_NO_FLUSH);
  begin_ = end_ - stream.avail_in;
  *got = size - stream.avail_out;
  if (code == Z_STREAM_END) inflater_->ended = true;
  // An error shows again on the next call; until then the good bytes go out.
  if (*got > 0) return Got::kData;
  if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return Got::kWait;
  return Status::Corrupt(StrCat(name_, ": the gzip data is damaged; copy it again"));
}

Status ByteSource::Skip(int64_t offset) {
  char scrap[16 * 1024];
  int64_t left = offset;
  while (left > 0) {
    size_t got = 0;
    const size_t size = static_cast<size_t>(std::min<int64_t>(left, sizeof(scrap)));
    BONGSU_ASSIGN_OR_RETURN(const Got state, Read(scrap, size, Duration(0), &got));
    if (state != Got::kData) {
      return Status::Invalid(StrCat(name_, ": expected at least ", offset, " bytes, got ",
                                    offset - left, "; it was replaced: read it under a new name"));
    }
    left -= static_cast<int64_t>(got);
    if (left > 0 && !inflater_ && owned_) {  // Plain bytes: jump.
      struct stat info {};
      if (fstat(fd_, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= offset &&
          lseek(fd_, static_cast<off_t>(offset), SEEK_SET) >= 0) {
        begin_ = end_ = 0;
        return Status::Ok();
      }
    }
  }
  return Status::Ok();
}

}  // namespace bongsu
