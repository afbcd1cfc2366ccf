// A bank's Kafka for end-to-end tests: encrypted, with users or certificates, everything forbidden
// that no rule allows; the roles of Bongsu as its users, and an admin who runs printed commands.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/e2e/fixture.h"
#include "tests/support/kafka_cluster_admin.h"

namespace bongsu::e2e {

enum class How { kUser, kCertificate };

inline constexpr const char* kRoles[] = {"ingest", "score"};

class SecureKafka final {
 public:
  // One for the test program. Null where a tool is missing.
  static SecureKafka* Shared(How how);

  KafkaBroker& broker() { return *broker_; }
  void Admin(const std::string& lines);
  // As the test itself: no rule holds for it.
  Setup Unbound(Setup setup);
  // As the user or the certificate of `role`.
  Setup As(const std::string& role, Setup setup);
  Setup AsUser(const std::string& role, Setup setup);
  std::string Principal(const std::string& role) const;
  // The printed commands with the principals of this Kafka, and the source's rights.
  std::string Commands(Bench& bench, const Setup& setup);

 private:
  static std::unique_ptr<SecureKafka> Start(How how);
  How how_ = How::kUser;
  std::unique_ptr<KafkaBroker> broker_;
  std::unique_ptr<KafkaAdmin> admin_;
  std::map<std::string, TestCertificate> certificates_;
};

// The source topic of `bench` with what a part of the generated bank does.
void FillSource(Bench& bench);
// What is scored in these tests, as `role`.
Setup RoleSetup(const Bench& bench, const std::string& role);

}  // namespace bongsu::e2e
