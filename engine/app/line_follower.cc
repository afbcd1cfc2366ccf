#include "engine/app/line_follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kHead = 1024;
constexpr size_t kMaxLine = size_t{16} << 20;  // What is longer is not a line of ours.

}  // namespace

LineFollower::LineFollower(std::string path, From from) : path_(std::move(path)), from_(from) {}

LineFollower::~LineFollower() {
  Close();
}

void LineFollower::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Status LineFollower::Failed(std::string_view what) const {
  return Status::Unavailable(StrCat(path_, ": cannot be ", what, ": ", std::strerror(errno)));
}

Status LineFollower::Open(From from) {
  fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) return errno == ENOENT ? Status::Ok() : Failed("opened");
  struct stat now {};
  if (fstat(fd_, &now) != 0) return Failed("read");
  if (S_ISDIR(now.st_mode)) {
    errno = EISDIR;
    return Failed("read");
  }
  position_ = 0;
  rest_.clear();
  head_.clear();
  skipping_ = false;
  if (from == From::kBeginning) return Status::Ok();
  position_ = now.st_size;
  head_ = Head(fd_, std::min(kHead, static_cast<size_t>(now.st_size)));
  // The end of a line that is being written is no line.
  char last = '\n';
  if (position_ > 0 && pread(fd_, &last, 1, position_ - 1) != 1) return Failed("read");
  skipping_ = last != '\n';
  return Status::Ok();
}

std::string LineFollower::Head(int fd, size_t size) const {
  std::string head(size, '\0');
  const ssize_t got = pread(fd, head.data(), size, 0);
  head.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return head;
}

bool LineFollower::Replaced() const {
  struct stat ours {
  }, named{};
  if (fstat(fd_, &ours) != 0) return true;
  if (stat(path_.c_str(), &named) != 0) return false;  // Renamed; its successor is not there yet.
  if (ours.st_dev != named.st_dev || ours.st_ino != named.st_ino) return true;
  if (position_ == 0) return false;
  const std::string head = Head(fd_, head_.size());
  return head.empty() || !head_.starts_with(head);
}

Status LineFollower::Step(const Visitor& visit) {
  if (fd_ < 0) {
    BONGSU_RETURN_IF_ERROR(Open(from_));
    from_ = From::kBeginning;  // Whatever comes under the name later is new.
    if (fd_ < 0) return Status::Ok();
  }
  if (!Replaced()) {
    struct stat now {};
    if (fstat(fd_, &now) != 0) return Failed("read");
    if (S_ISREG(now.st_mode) && now.st_size < position_) {
      position_ = now.st_size;
      rest_.clear();
      skipping_ = false;
      head_.resize(std::min(head_.size(), static_cast<size_t>(now.st_size)));
    }
    return ReadOn(visit).status();
  }
  struct stat named {
  }, ours{};
  const bool another =
      stat(path_.c_str(), &named) == 0 && fstat(fd_, &ours) == 0 && named.st_ino != ours.st_ino;
  if (another) {  // What was written before it was renamed.
    BONGSU_ASSIGN_OR_RETURN(const bool more, ReadOn(visit));
    if (!more) return Status::Ok();
  }
  Close();
  BONGSU_RETURN_IF_ERROR(Open(From::kBeginning));
  return fd_ < 0 ? Status::Ok() : ReadOn(visit).status();
}

Result<bool> LineFollower::ReadOn(const Visitor& visit) {
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = pread(fd_, buffer.data(), buffer.size(), position_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read");
    if (got == 0) return true;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    if (static_cast<size_t>(position_) == head_.size() && head_.size() < kHead)
      head_ += bytes.substr(0, kHead - head_.size());
    position_ += got;
    rest_ += bytes;
    if (!CutLines(visit)) return false;
    if (rest_.size() <= kMaxLine) continue;
    rest_.clear();
    skipping_ = true;
  }
}

bool LineFollower::CutLines(const Visitor& visit) {
  size_t begin = 0;
  bool more = true;
  for (size_t end; more && (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !skipping_) more = visit(line);
    skipping_ = false;
  }
  rest_.erase(0, begin);
  return more;
}

}  // namespace bongsu
