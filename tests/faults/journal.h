// What was done when, for those who look for the cause of something: a file of lines, each with the
// seconds since the campaign began. One thread.
#pragma once

#include <chrono>
#include <fstream>
#include <string>

#include "engine/base/strings.h"

namespace bongsu::faults {

class Journal final {
 public:
  explicit Journal(const std::string& path) : file_(path, std::ios::app) {}
  std::chrono::steady_clock::time_point began() const { return began_; }
  double Now() const {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - began_;
    return static_cast<double>(static_cast<int64_t>(since.count() * 100)) / 100;
  }
  void Write(const std::string& text) { file_ << StrCat(Now(), " ", text) << std::endl; }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::ofstream file_;
};

}  // namespace bongsu::faults
