// The bytes of a file or a file descriptor in order, decompressed when they begin like gzip
// (several members in a row included). The only user of zlib. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

class ByteSource final {
 public:
  enum class Got { kData, kEnd, kWait };  // kWait: nothing came within the time-out.

  static Result<std::unique_ptr<ByteSource>> Open(const std::string& path);
  // Reads `fd` (a pipe, standard input), which stays the caller's.
  static std::unique_ptr<ByteSource> FromDescriptor(int fd, std::string name);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Up to `size` bytes to `out`. kCorrupt, after all good bytes were handed out, where compressed
  // data is damaged or ends in the middle. Only a descriptor waits.
  Result<Got> Read(char* out, size_t size, Duration timeout, size_t* got);
  // Passes over the first `offset` bytes; before any Read. kInvalid when there are fewer.
  Status Skip(int64_t offset);

 private:
  struct Inflater;
  ByteSource(int fd, bool owned, std::string name);
  Result<Got> FillInput(Duration timeout);
  Result<Got> Inflate(char* out, size_t size, size_t* got);

  const int fd_;
  const bool owned_;  // A file of our own: reads never wait, and seeking works.
  const std::string name_;
  std::vector<unsigned char> input_;
  size_t begin_ = 0, end_ = 0;  // What is left of input_.
  bool started_ = false, input_ended_ = false;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace bongsu
