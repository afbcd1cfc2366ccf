// What the shards of one configuration have in common: a table read once by the first that is
// built, and only looked at afterwards. So ten shards do not hold it ten times, and a shard that is
// opened later decides by the same rows as the others, whatever became of the file. Lives in the
// options; any thread may build a shard.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace bongsu {

template <typename T>
class Shared final {
 public:
  // The value, made by `load` when there is none yet; null when `load` returns null (and asked
  // again next time).
  template <typename Load>
  std::shared_ptr<const T> Get(Load load) {
    const std::lock_guard lock(mutex_);
    if (value_ == nullptr) value_ = load();
    return value_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace bongsu
