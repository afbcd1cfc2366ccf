// Reads the tables that a configuration names, and remembers the digest of what it read: what is
// digested is what the pipeline was built from, whatever becomes of the file meanwhile. Used while
// a configuration is made, on the thread that makes it.
#pragma once

#include <map>
#include <string>

#include "engine/core/spec.h"

namespace bongsu {

class TableReader final {
 public:
  // From the disk.
  TableReader() = default;
  // Of a version: by the digest under which it names them.
  explicit TableReader(const std::map<std::string, std::string>& bytes) : bytes_(&bytes) {}

  // kNotFound with the reason alone.
  Result<std::string> Read(const std::string& path);
  // SHA-256, 64 hexadecimal digits, of what was read last; reads what nobody has read.
  Result<std::string> DigestOf(const std::string& path);
  // For operators; this outlives it.
  ReadFile function() {
    return [this](const std::string& path) { return Read(path); };
  }

 private:
  const std::map<std::string, std::string>* const bytes_ = nullptr;
  std::map<std::string, std::string> digests_;  // By path.
};

}  // namespace bongsu
