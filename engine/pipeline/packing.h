// A person's memory in few bytes: most of its words are zero, and those of slots of one size look
// alike (times and days at the same place, numbers of the same magnitude). Behind Layout. Pure
// functions, any thread; what a table of columns says belongs to the format of the bytes.
//
// A word is 8 little-endian bytes. Its reference is the last word before it, zero ones left out, in
// the same column; words without a column, and the first of one, have the reference 0. Packed words
// are a sequence of
//
//   mask (1 byte, not 0), bytes   one word: bytes of `word ^ reference`, lowest first; bit i of the
//                                 mask says that byte i follows, the others are zero
//   0, varint n                   n / 2 words: equal to their references if n is odd, else zero
//
// and zero words at the end are left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bongsu {

inline constexpr uint8_t kColumns = 64;  // As a column: none.

// The last word of each column; the place after them belongs to words without one and stays 0.
using WordReferences = std::array<uint64_t, kColumns + 1>;

// Appends to a string, which is complete when the packer is gone, from a sequence of pieces. A run
// of equal words ends with its piece.
class WordPacker final {
 public:
  explicit WordPacker(std::string* out) : out_(*out), size_(out->size()) {}
  ~WordPacker() { out_.resize(size_); }
  WordPacker(const WordPacker&) = delete;
  WordPacker& operator=(const WordPacker&) = delete;

  // `words` has 8 bytes for each of `columns`, which are at most kColumns.
  void Add(std::span<const std::byte> words, std::span<const uint8_t> columns);
  void AddZeros(size_t words) { zeros_ += words; }

 private:
  void PutRun(size_t words, bool equal);
  void PutBytes(uint64_t difference);
  char* Room();  // For a chunk at a time.

  std::string& out_;
  size_t size_;       // Of what is written; `out_` has more.
  size_t zeros_ = 0;  // Words, not yet written.
  WordReferences references_{};
};

// Fills all of `words`. False when the bytes are not what WordPacker writes for so many words; then
// `words` holds anything.
bool UnpackWords(std::string_view packed, std::span<const uint8_t> columns,
                 std::span<std::byte> words);

// A number in seven bits a byte, lowest first.
bool TakeVarint(std::string_view* in, uint64_t* value);

}  // namespace bongsu
