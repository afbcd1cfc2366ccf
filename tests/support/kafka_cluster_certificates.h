// Certificates of a test: an authority of its own, and what it signs for brokers and clients, as
// PEM files made at run time with the openssl command. One thread.
#pragma once

#include <memory>
#include <string>

#include "engine/base/status.h"

namespace bongsu {

struct TestCertificate {
  std::string certificate, key;  // Paths.
  std::string principal;         // What Kafka calls its owner: "User:CN=…,O=Bank".
};

class TestCertificates final {
 public:
  // kNotFound where openssl is missing. `folder` outlives it.
  static Result<std::unique_ptr<TestCertificates>> Make(const std::string& folder);

  const std::string& authority() const { return authority_; }  // The path of its certificate.
  // For the loopback address, as server or client.
  Result<TestCertificate> Issue(const std::string& name);

 private:
  TestCertificates() = default;
  Status Request(const std::string& name, const std::string& extension, bool self_signed);
  std::string folder_, openssl_, authority_;
};

}  // namespace bongsu
