#include "state/memory/memory_store.h"

#include <mutex>

namespace bongsu {

Result<bool> MemoryKeyValueStore::Get(std::string_view key, std::string* value) {
  const std::shared_lock lock(mutex_);
  const auto it = map_.find(key);
  if (it == map_.end()) return false;
  value->assign(it->second);
  return true;
}

Status MemoryKeyValueStore::Write(const WriteBatch& batch, bool /*sync*/) {
  const std::unique_lock lock(mutex_);
  for (const WriteBatch::Op& op : batch.ops()) {
    auto it = map_.lower_bound(op.key);
    const bool found = it != map_.end() && it->first == op.key;
    if (found) bytes_ -= op.key.size() + it->second.size();
    if (!op.value) {
      if (found) map_.erase(it);
      continue;
    }
    bytes_ += op.key.size() + op.value->size();
    if (found) {
      it->second = *op.value;
    } else {
      map_.emplace_hint(it, op.key, *op.value);
    }
  }
  return Status::Ok();
}

MemoryKeyValueStore::Map::iterator MemoryKeyValueStore::EndOf(std::string_view from,
                                                              std::string_view to) {
  if (to.empty()) return map_.end();
  return to <= from ? map_.lower_bound(from) : map_.lower_bound(to);
}

Status MemoryKeyValueStore::Scan(std::string_view from, std::string_view to, const Visitor& visit) {
  const std::shared_lock lock(mutex_);
  const auto end = EndOf(from, to);
  for (auto it = map_.lower_bound(from); it != end; ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return Status::Ok();
}

Status MemoryKeyValueStore::DeleteRange(std::string_view from, std::string_view to) {
  const std::unique_lock lock(mutex_);
  const auto end = EndOf(from, to);
  for (auto it = map_.lower_bound(from); it != end; it = map_.erase(it)) {
    bytes_ -= it->first.size() + it->second.size();
  }
  return Status::Ok();
}

uint64_t MemoryKeyValueStore::ApproximateSize() {
  const std::shared_lock lock(mutex_);
  return bytes_;
}

}  // namespace bongsu
