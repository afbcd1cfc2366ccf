// How much state people have: the bytes of each person's profile as the store and the changelog
// hold it, before the database compresses. For the end of `replay` and `demo`. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/json/writer.h"

namespace bongsu {

class StateSizes final {
 public:
  void Add(int64_t bytes) { sizes_.push_back(bytes); }
  int64_t people() const { return static_cast<int64_t>(sizes_.size()); }
  int64_t bytes() const;  // Of all.
  // The least that `share` (0-1] of the people do not exceed; 0 without people.
  int64_t Quantile(double share) const;
  std::string Words() const;           // "median 940 bytes a person, 99th percentile 1290"
  void Write(JsonWriter* json) const;  // The member `state`.

 private:
  std::vector<int64_t> sizes_;
};

}  // namespace bongsu
