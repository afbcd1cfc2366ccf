// The admin of a test cluster: runs lines of kafka-topics.sh and kafka-acls.sh for real, with
// Kafka's own classes, in one Java process. One thread.
#pragma once

#include <memory>
#include <string>

#include "engine/base/status.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu {

class KafkaAdmin final {
 public:
  // `direct` is KafkaCluster::direct(). kNotFound where Java's compiler or Maven is missing.
  static Result<std::unique_ptr<KafkaAdmin>> Start(const std::string& direct);
  ~KafkaAdmin();
  KafkaAdmin(const KafkaAdmin&) = delete;
  KafkaAdmin& operator=(const KafkaAdmin&) = delete;

  // All lines but empty ones and comments, in order. Returns when the broker goes by them.
  Status Run(const std::string& lines);

 private:
  KafkaAdmin() = default;
  TempDir dir_;
  std::unique_ptr<Program> java_;
  int pipe_ = -1;
  size_t asked_ = 0;
};

}  // namespace bongsu
