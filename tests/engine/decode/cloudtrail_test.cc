// The shipped CloudTrail mapping over real files, as `ingest` reads them.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "engine/config/yaml.h"
#include "engine/core/event.h"
#include "engine/decode/canonical.h"
#include "engine/decode/mapping.h"
#include "engine/io/file/file_consumer.h"

using namespace bongsu;

namespace {

const std::string kData = BONGSU_SOURCE_DIR "/../shared/data/events/cloudtrail";

struct Tally final : DecodeSink {
  Tally() : decoder({}, schema) {}
  void OnEvent(const Canonical& canonical) override {
    ++events;
    mapped += canonical.mapped;
    members += canonical.members;
    if (decoder.Decode(canonical.json, &event)) ++unreadable;
    for (size_t i = 0; i < kCanonicalFields; ++i) present[i] += event.fields[i].present() ? 1 : 0;
    ++actions[std::string(event.fields[kAction].text)];
    ++results[std::string(event.fields[kResult].text)];
    ++users[std::string(event.user)];
  }
  void OnRejected(uint32_t, std::string_view, const Rejection& rejection) override {
    ++rejections[rejection.reason + " " + rejection.field];
  }
  EventSchema schema;
  CanonicalEventDecoder decoder;
  Event event;
  size_t events = 0, unreadable = 0;
  uint64_t mapped = 0, members = 0;
  std::array<size_t, kCanonicalFields> present{};
  std::map<std::string, size_t> actions, results, users, rejections;
};

struct NoClock final : Clock {
  Timestamp Now() const override { return FromMillis(0); }
  void SleepFor(Duration) const override {}
};

}  // namespace

TEST_CASE("all CloudTrail records become events with who, what and where") {
  if (!std::filesystem::exists(kData)) {
    if (std::getenv("CI") != nullptr) FAIL("the shared data is not there");
    WARN("skipped: the shared data is not there");
    return;
  }
  std::ifstream file(BONGSU_SOURCE_DIR "/deploy/mappings/cloudtrail.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  Problems problems;
  const auto yaml = ParseYaml(text.str(), "cloudtrail.yaml", &problems);
  REQUIRE(yaml.ok());
  const auto mapping = MakeMapping(*yaml, {}, "cloudtrail", &problems);
  INFO(problems.Format());
  REQUIRE(mapping.ok());

  const NoClock clock;
  auto consumer =
      FileConsumer::Make({.name = "cloudtrail", .files = {kData + "/*.json.gz"}}, {}, clock);
  REQUIRE(consumer.ok());
  Tally tally;
  const auto batch = (*consumer)->NewBatch();
  size_t files = 0;
  const auto assigned = (*consumer)->PollAssignment(Duration(0));
  for (const TopicPartition& from : assigned->gained) {
    ++files;
    REQUIRE((*consumer)->Assign(from, std::nullopt).ok());
    while (!(*consumer)->AtEnd(from)) {
      REQUIRE((*consumer)->Poll(from, 100, Duration(0), batch.get()).ok());
      for (const Record& record : batch->records()) {
        CHECK(record.broken.empty());
        (*mapping)->Decode(record.value, &tally);
      }
    }
  }
  std::ostringstream report;
  for (size_t i = 0; i < kCanonicalFields; ++i) {
    report << kFieldNames[i] << " " << tally.present[i] << "\n";
  }
  for (const auto& [action, count] : tally.actions) report << action << " " << count << "\n";
  for (const auto& [result, count] : tally.results) report << result << " " << count << "\n";
  for (const auto& [user, count] : tally.users) report << user << " " << count << "\n";
  for (const auto& [reason, count] : tally.rejections)
    report << "! " << reason << " " << count << "\n";
  report << "mapped " << tally.mapped << " of " << tally.members;
  INFO(report.str());

  CHECK(files == 29);
  CHECK(tally.events == 2196);
  CHECK(tally.rejections.empty());
  CHECK(tally.unreadable == 0);
  CHECK(static_cast<double>(tally.mapped) >= 0.8 * static_cast<double>(tally.members));
  CHECK(tally.mapped <= tally.members);
  CHECK(tally.present[kResourceId] >= 1500);
  CHECK(tally.present[kResourceType] == 2196);
  CHECK(tally.present[kSrcIp] == 2196 - 315);  // The others were called by AWS services.
  CHECK(tally.present[kSessionId] >= 2100);
  CHECK(tally.actions["OTHER"] <= 20);
  CHECK(tally.results["DENY"] == 60);
  CHECK(tally.results["FAIL"] == 170);
  CHECK(tally.users["bert-jan"] > 1000);
  if (std::getenv("BONGSU_REPORT") != nullptr) WARN(report.str());
}
