#include "engine/crypto/digest.h"

#include <openssl/evp.h>

#include "engine/base/status.h"
#include "engine/base/strings.h"

namespace bongsu {

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  BONGSU_CHECK(context_ != nullptr);
  BONGSU_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256Stream::Add(std::string_view bytes) {
  BONGSU_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) ==
               1);
}

std::string Sha256Stream::FinishHex() {
  std::array<uint8_t, 32> digest{};
  BONGSU_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), nullptr) == 1);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::array<uint8_t, 32> Sha256(std::string_view bytes) {
  std::array<uint8_t, 32> digest{};
  BONGSU_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string Sha256Hex(std::string_view bytes) {
  const auto digest = Sha256(bytes);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace bongsu
