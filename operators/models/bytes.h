// Reading and writing the bytes of snapshots and of stored memory: little endian, lengths first,
// doubles as their bits. A reader never runs over its end: after the first bad read `ok()` is false
// and every further read gives zeros, so that a decoder checks once. Any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bongsu {

static_assert(std::endian::native == std::endian::little,
              "snapshots are written as they lie in memory");

class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}
  void U8(uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void U64(uint64_t value) { Raw(&value, sizeof(value)); }
  void I64(int64_t value) { U64(static_cast<uint64_t>(value)); }
  void F64(double value) { U64(std::bit_cast<uint64_t>(value)); }
  // Seven bits a byte, low ones first.
  void Varint(uint64_t value) {
    for (; value >= 128; value >>= 7) U8(static_cast<uint8_t>(value | 128));
    U8(static_cast<uint8_t>(value));
  }
  void Text(std::string_view text) {
    Varint(text.size());
    out_->append(text);
  }
  void Raw(const void* data, size_t size) {
    if (size > 0) out_->append(static_cast<const char*>(data), size);
  }

 private:
  std::string* out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  uint8_t U8() {
    uint8_t value = 0;
    Raw(&value, sizeof(value));
    return value;
  }
  uint64_t U64() {
    uint64_t value = 0;
    Raw(&value, sizeof(value));
    return value;
  }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  double F64() { return std::bit_cast<double>(U64()); }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = U8();
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Text() {
    const uint64_t size = Varint();
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  void Raw(void* data, size_t size) {
    if (size == 0) return;  // `data` may be null then.
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      std::memset(data, 0, size);
      return;
    }
    std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  bool ok() const { return ok_; }
  // Good to the last byte, and nothing after it.
  bool Finished() const { return ok_ && rest_.empty(); }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace bongsu
