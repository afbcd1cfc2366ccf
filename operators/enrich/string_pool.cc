#include "operators/enrich/string_pool.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "engine/base/status.h"

namespace bongsu {

uint32_t StringPool::Add(std::string_view text) {
  if ((size() + 1) * 3 > index_.size() * 2) Grow();
  uint32_t& entry = index_[Position(text)];
  if (entry == 0) {
    BONGSU_CHECK(size() < UINT32_MAX - 1);
    bytes_.append(text);
    ends_.push_back(bytes_.size());
    entry = static_cast<uint32_t>(size());
  }
  return entry - 1;
}

std::optional<uint32_t> StringPool::Find(std::string_view text) const {
  if (index_.empty()) return std::nullopt;
  const uint32_t entry = index_[Position(text)];
  return entry == 0 ? std::nullopt : std::optional(entry - 1);
}

size_t StringPool::bytes() const {
  return bytes_.capacity() + ends_.capacity() * sizeof(uint64_t) +
         index_.capacity() * sizeof(uint32_t);
}

void StringPool::Shrink() {
  bytes_.shrink_to_fit();
  ends_.shrink_to_fit();
}

size_t StringPool::Position(std::string_view text) const {
  const size_t mask = index_.size() - 1;
  size_t at = static_cast<size_t>(Hash64(text)) & mask;
  while (index_[at] != 0 && (*this)[index_[at] - 1] != text) at = (at + 1) & mask;
  return at;
}

void StringPool::Grow() {
  index_.assign(std::max<size_t>(16, index_.size() * 2), 0);
  const size_t mask = index_.size() - 1;
  for (uint32_t number = 0; number < size(); ++number) {
    size_t at = static_cast<size_t>(Hash64((*this)[number])) & mask;
    while (index_[at] != 0) at = (at + 1) & mask;
    index_[at] = number + 1;
  }
}

}  // namespace bongsu
