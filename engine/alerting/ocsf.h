// Writes what the decide stage hands out: an alert as an OCSF Detection Finding (class 2004, valid
// for every OCSF version from 1.1 on) and a person's risk as plain JSON. The last step before the
// sink; one encoder a shard, on the shard's thread. Nothing comes from the machine's clock: the
// same alert gives the same bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/codec.h"
#include "engine/core/operator.h"
#include "engine/json/writer.h"

namespace bongsu {

// The kinds of analytic that OCSF knows (finding_info.analytic.type_id).
// OCSF has 4 for learning too, but not in version 1.2, where such a finding would be invalid.
enum class AnalyticKind { kRule = 1, kBehavioral = 2, kStatistical = 3 };

// Of MITRE ATT&CK: "T1078", "Valid Accounts".
struct OcsfTechnique {
  std::string uid, name;
};

struct OcsfDetector {
  std::string name;
  std::string version = "1";
  AnalyticKind kind = AnalyticKind::kBehavioral;
  std::vector<OcsfTechnique> attacks;
};

struct OcsfModel {
  std::string name, version, digest;
};

// What is the same in every finding of a process. A detector that is not listed is written as
// behavioural.
struct OcsfOptions {
  std::string tenant = "default";  // Part of every finding's uid.
  std::string product_version;
  std::string config_digest;  // Hexadecimal.
  std::vector<OcsfDetector> detectors;
  std::vector<OcsfModel> models;
  std::vector<FeatureInfo> features;  // Units, where a contribution names none.
};

class OcsfEncoder final : public AlertEncoder {
 public:
  explicit OcsfEncoder(OcsfOptions options);
  ~OcsfEncoder() override;
  void EncodeAlert(const Alert& alert, std::string* json) override;
  void EncodeUserRisk(const UserRisk& risk, std::string* json) override;
  void EncodeSample(const Sample& sample, std::string* json) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The parts of a score: an array of {detector, feature, points, observed, unit} and, where they are
// known, normal{usual, high}, share_of_events and value.
void WriteContributions(JsonWriter* json, const std::vector<Contribution>& contributions);

// 32 hexadecimal digits: the first 128 bits of SHA-256 over tenant, detector, person and origin,
// each written as its length in bytes, a colon and the bytes (numbers in decimal). The same on
// every replay.
std::string FindingUid(std::string_view tenant, std::string_view detector, std::string_view user,
                       const Origin& cause);

}  // namespace bongsu
