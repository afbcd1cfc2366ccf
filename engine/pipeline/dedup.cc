#include "engine/pipeline/dedup.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kChunk = 128;

// d/<chunk>: the count of insertions up to the chunk's last member, then the members.
std::string ChunkKey(uint64_t chunk) { return StrCat("d/", chunk); }

}  // namespace

Dedup::Dedup(size_t window) : ring_((std::max<size_t>(window, 1) + kChunk - 1) / kChunk * kChunk) {
  set_.reserve(ring_.size());
}

uint64_t Dedup::Key(std::string_view source, std::string_view event_id) {
  return Hash64(event_id, Hash64(source));
}

void Dedup::Insert(uint64_t key) {
  uint64_t& place = ring_[inserted_ % ring_.size()];
  if (inserted_ >= ring_.size()) set_.erase(place);
  place = key;
  set_.insert(key);
  ++inserted_;
}

void Dedup::Save(StateStore& store) {
  const uint64_t oldest = inserted_ > ring_.size() ? inserted_ - ring_.size() : 0;
  for (uint64_t at = std::max(saved_, oldest); at < inserted_;) {
    const uint64_t begin = at / kChunk * kChunk;
    const uint64_t end = std::min<uint64_t>(begin + kChunk, inserted_);
    std::string value(reinterpret_cast<const char*>(&end), 8);
    value.append(reinterpret_cast<const char*>(&ring_[begin % ring_.size()]), (end - begin) * 8);
    store.Put(ChunkKey(begin / kChunk % (ring_.size() / kChunk)), value);
    at = end;
  }
  saved_ = inserted_;
}

Status Dedup::Load(StateStore& store) {
  struct Chunk {
    uint64_t end;
    std::vector<uint64_t> keys;
  };
  std::vector<Chunk> chunks;
  bool readable = true;
  BONGSU_RETURN_IF_ERROR(store.Scan("d/", [&](std::string_view, std::string_view value) {
    if (value.size() < 16 || value.size() % 8 != 0 || value.size() > (kChunk + 1) * 8) return readable = false;
    Chunk chunk{0, std::vector<uint64_t>(value.size() / 8 - 1)};
    std::memcpy(&chunk.end, value.data(), 8);
    std::memcpy(chunk.keys.data(), value.data() + 8, value.size() - 8);
    chunks.push_back(std::move(chunk));
    return true;
  }));
  if (!readable) return Status::Corrupt("state: the window of duplicates is not readable");
  std::sort(chunks.begin(), chunks.end(), [](const Chunk& a, const Chunk& b) { return a.end < b.end; });
  for (const Chunk& chunk : chunks) {  // A larger old window is cut to the newest, a smaller one starts short.
    inserted_ = chunk.end - chunk.keys.size();
    for (const uint64_t key : chunk.keys) Insert(key);
  }
  saved_ = inserted_;
  return Status::Ok();
}

}  // namespace bongsu
