// SHA-256 (FIPS 180-4). The only user of OpenSSL, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace bongsu {

std::array<uint8_t, 32> Sha256(std::string_view bytes);
// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// For input that comes in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Add(std::string_view bytes);
  std::string FinishHex();  // Ends it.

 private:
  void* context_;
};

}  // namespace bongsu
