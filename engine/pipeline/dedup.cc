#include "engine/pipeline/dedup.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kChunk = 128;
constexpr size_t kAhead = 4;

// d/<chunk>: the count of insertions up to the chunk's last member, then the members. One chunk
// more than the window has, so that a chunk begun does not take the place of the oldest, whose end
// the window still holds.
std::string ChunkKey(uint64_t chunk, size_t window) {
  return StrCat("d/", chunk % (window / kChunk + 1));
}

}  // namespace

Dedup::Dedup(size_t window)
    : ring_((std::max<size_t>(window, 1) + kChunk - 1) / kChunk * kChunk), set_(ring_.size()) {}

uint64_t Dedup::Key(std::string_view source, std::string_view event_id) {
  return Hash64(event_id, Hash64(source));
}

void Dedup::Insert(uint64_t key) {
  uint64_t& place = ring_[inserted_ % ring_.size()];
  if (inserted_ >= ring_.size()) set_.erase(place);
  place = key;
  set_.insert(key);
  ++inserted_;
  set_.Prefetch(ring_[(inserted_ + kAhead) % ring_.size()]);  // To be forgotten soon.
}

void Dedup::Save(StateStore& store) {
  const uint64_t oldest = inserted_ > ring_.size() ? inserted_ - ring_.size() : 0;
  for (uint64_t at = std::max(saved_, oldest); at < inserted_;) {
    const uint64_t begin = at / kChunk * kChunk;
    const uint64_t end = std::min<uint64_t>(begin + kChunk, inserted_);
    PutChunk(begin / kChunk, std::span(ring_).subspan(begin % ring_.size(), end - begin), store);
    at = end;
  }
  saved_ = inserted_;
}

Status Dedup::Load(StateStore& store) {
  std::map<uint64_t, Chunk> chunks;  // By number.
  std::vector<std::string> stale;    // Of a window of another size.
  bool readable = true;
  BONGSU_RETURN_IF_ERROR(store.Scan("d/", [&](std::string_view key, std::string_view value) {
    uint64_t end = 0;
    readable = value.size() >= 16 && value.size() % 8 == 0 && value.size() <= (kChunk + 1) * 8;
    if (!readable) return false;
    std::memcpy(&end, value.data(), 8);
    Chunk chunk{std::string(key), std::vector<uint64_t>(value.size() / 8 - 1)};
    std::memcpy(chunk.keys.data(), value.data() + 8, value.size() - 8);
    readable = end >= chunk.keys.size() && (end - chunk.keys.size()) % kChunk == 0;
    Chunk& known = chunks[(end - chunk.keys.size()) / kChunk];
    if (!known.keys.empty())
      stale.push_back(known.keys.size() < chunk.keys.size() ? known.key : chunk.key);
    if (known.keys.size() < chunk.keys.size()) known = std::move(chunk);
    return readable;
  }));
  if (!readable) return Status::Corrupt("state: the window of duplicates is not readable");
  DropAllButNewest(&chunks, &stale);
  for (const auto& [number, chunk] : chunks) {
    inserted_ = number * kChunk;
    for (const uint64_t key : chunk.keys) Insert(key);
  }
  Rearrange(chunks, stale, store);
  saved_ = inserted_;
  return Status::Ok();
}

// A larger old window is cut to the newest without a gap, a smaller one starts short.
void Dedup::DropAllButNewest(std::map<uint64_t, Chunk>* chunks,
                             std::vector<std::string>* stale) const {
  if (chunks->empty()) return;
  const uint64_t newest = chunks->rbegin()->first, at_most = ring_.size() / kChunk + 1;
  uint64_t oldest = newest;
  while (oldest > 0 && newest - oldest + 1 < at_most) {
    const auto before = chunks->find(oldest - 1);
    if (before == chunks->end() || before->second.keys.size() < kChunk) break;
    --oldest;
  }
  for (auto it = chunks->begin(); it->first < oldest; it = chunks->erase(it))
    stale->push_back(it->second.key);
}

// Chunks that a window of another size put elsewhere go where this one will look for them.
void Dedup::Rearrange(const std::map<uint64_t, Chunk>& chunks, std::vector<std::string> stale,
                      StateStore& store) {
  bool moved = false;
  for (const auto& [number, chunk] : chunks) {
    moved |= chunk.key != ChunkKey(number, ring_.size());
    stale.push_back(chunk.key);
  }
  if (!moved && stale.size() == chunks.size()) return;
  for (const std::string& key : stale) store.Delete(key);
  for (const auto& [number, chunk] : chunks) {
    PutChunk(number, chunk.keys, store);
  }
}

void Dedup::PutChunk(uint64_t number, std::span<const uint64_t> keys, StateStore& store) const {
  const uint64_t end = number * kChunk + keys.size();
  std::string value(reinterpret_cast<const char*>(&end), 8);
  value.append(reinterpret_cast<const char*>(keys.data()), keys.size_bytes());
  store.Put(ChunkKey(number, ring_.size()), value);
}

}  // namespace bongsu
