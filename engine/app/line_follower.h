// Follows a file of lines as it grows, over rotation and truncation: how `bongsu tail` reads the
// file of alerts. It never waits; call Step now and then. One thread.
//
// The file is known by its first bytes: another file under the name (or other first bytes in the
// same one: cut off and written anew) is read from its beginning, after the old one to its end; a
// file that only became shorter (an engine that starts again takes back what was not yet certain)
// goes on at its new end. A line counts when its line end is there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

class LineFollower final {
 public:
  enum class From { kBeginning, kEnd };
  // The file may come later; then all of it is new. With kEnd what is there now is passed over.
  LineFollower(std::string path, From from);
  ~LineFollower();
  LineFollower(const LineFollower&) = delete;
  LineFollower& operator=(const LineFollower&) = delete;

  // Hands out the lines that came, without their ends, until `visit` returns false. kUnavailable
  // when the file is there and cannot be read.
  using Visitor = std::function<bool(std::string_view line)>;
  Status Step(const Visitor& visit);
  bool missing() const { return fd_ < 0; }

 private:
  Status Open(From from);
  void Close();
  Result<bool> ReadOn(const Visitor& visit);  // False: the visitor has enough.
  bool CutLines(const Visitor& visit);
  std::string Head(int fd, size_t size) const;
  bool Replaced() const;  // Another file has the name, or this one begins otherwise.
  Status Failed(std::string_view what) const;

  const std::string path_;
  From from_;
  int fd_ = -1;
  int64_t position_ = 0;
  std::string head_;       // The first bytes, up to kHead, as far as read.
  std::string rest_;       // A line whose end is not there yet,
  bool skipping_ = false;  // or it is passed over: its beginning was not seen, or it is too long.
};

}  // namespace bongsu
