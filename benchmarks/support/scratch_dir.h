// A directory that is gone with the object.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/base/status.h"

namespace bongsu::benchmarks {

class ScratchDir final {
 public:
  static Result<std::unique_ptr<ScratchDir>> Make();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit ScratchDir(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

}  // namespace bongsu::benchmarks
