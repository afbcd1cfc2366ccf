#include "benchmarks/support/events.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kResources = 2000;
constexpr int64_t kBeginMs = 1'772'377'200'000;  // 2026-03-02 00:00 in Seoul.
constexpr double kMeanGapMs = 172;               // A million events cover two days.

struct Kind {
  std::string_view name;
  double upto;  // Of a number in [0, 1).
};
constexpr std::array<Kind, 8> kActions = {{{"LOGIN", 0.15},
                                           {"VIEW", 0.70},
                                           {"UPDATE", 0.80},
                                           {"DELETE", 0.82},
                                           {"EXPORT", 0.87},
                                           {"LOGOUT", 0.96},
                                           {"DOWNLOAD", 0.99},
                                           {"GRANT", 1.0}}};
constexpr std::array<std::string_view, 5> kTypes = {"TABLE", "FILE", "BUCKET", "HOST", "SCREEN"};
constexpr std::array<std::string_view, 5> kSources = {"DB", "VPN", "AWS", "DLP", "APP"};
constexpr std::array<std::string_view, 6> kApps = {"erp",     "crm",       "hr-portal",
                                                   "billing", "warehouse", "mail"};

std::vector<double> ZipfLaw(size_t count, double exponent) {
  std::vector<double> law(count);
  double total = 0;
  for (size_t i = 0; i < count; ++i) {
    law[i] = total += 1 / std::pow(static_cast<double>(i + 1), exponent);
  }
  for (double& value : law) value /= total;
  return law;
}

std::string Padded(uint64_t number, size_t width) {
  std::string digits = StrCat(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::string Hex(uint64_t number, size_t width) {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(number));
  return std::string(digits + 16 - width, width);
}

}  // namespace

Result<Shape> ParseShape(std::string_view text) {
  for (const Shape shape : {Shape::kManyPeople, Shape::kHotPerson, Shape::kColdState}) {
    if (text == ShapeName(shape)) return shape;
  }
  return Status::Invalid(
      StrCat("--shape: expected many_people, hot_person or cold_state, got \"", text, "\""));
}

std::string_view ShapeName(Shape shape) {
  constexpr std::array<std::string_view, 3> kNames = {"many_people", "hot_person", "cold_state"};
  return kNames[static_cast<size_t>(shape)];
}

EventStream::EventStream(Shape shape, int people, uint64_t seed, int64_t past)
    : shape_(shape),
      random_(seed),
      people_(ZipfLaw(static_cast<size_t>(std::max(people, 1)), 1.0)),
      resources_(ZipfLaw(kResources, 1.1)),
      time_ms_(kBeginMs - static_cast<int64_t>(kMeanGapMs * static_cast<double>(past))) {}

size_t EventStream::Draw(const std::vector<double>& law) {
  const auto at = std::lower_bound(law.begin(), law.end(), random_.Unit());
  return std::min(static_cast<size_t>(at - law.begin()), law.size() - 1);
}

size_t EventStream::Person() {
  ++turn_;
  if (shape_ == Shape::kColdState) return turn_ * 7919 % people_.size();
  if (shape_ == Shape::kHotPerson && turn_ % 2 == 0) return 0;
  return Draw(people_);
}

EventStream::Generated EventStream::Next(std::string_view id) {
  time_ms_ += 1 + static_cast<int64_t>(-std::log(1 - random_.Unit()) * (kMeanGapMs - 1));
  const size_t person = Person(), resource = Draw(resources_);
  const uint64_t traits = Mix64(person * 2 + 1),
                 session = Mix64(person * 1'000'003 + static_cast<uint64_t>(time_ms_) / 1'800'000);
  const double action = random_.Unit();
  const auto kind = std::find_if(kActions.begin(), kActions.end(),
                                 [&](const Kind& k) { return action < k.upto; });
  const bool new_device = random_.Unit() < 0.01, failed = random_.Unit() < 0.03;
  const uint64_t device = new_device ? random_.Next() & 0xFFFFFFFF : traits >> 16 & 0xFFFFFFFF;
  const uint64_t address = new_device ? random_.Next() : (traits >> 20) + random_.Below(2);
  const double bytes = std::exp(5 + 2.2 * (random_.Unit() + random_.Unit() + random_.Unit()));
  const double rows = std::exp(0.5 + 1.2 * (random_.Unit() + random_.Unit() + random_.Unit()));
  const uint64_t high = random_.Next(), low = random_.Next();
  user_ = StrCat("u", Padded(person, 6));
  json_ = StrCat("{\"event_id\":\"", id.empty() ? std::string_view() : id);
  if (id.empty()) json_ += StrCat(Hex(high, 16), "-", Hex(low, 16));
  json_ += StrCat(
      "\",\"time\":", time_ms_, ",\"user_id\":\"", user_, "\",\"action\":\"", kind->name,
      "\",\"result\":\"", failed ? "FAIL" : "SUCCESS", "\",\"source\":\"",
      kSources[(traits >> 8) % kSources.size()], "\",\"resource_id\":\"r", Padded(resource, 4),
      "\",\"resource_type\":\"", kTypes[Mix64(resource) % kTypes.size()],
      "\",\"sensitivity\":", 1 + Mix64(resource + 77) % 4, ",\"src_ip\":\"10.", address >> 16 & 255,
      ".", address >> 8 & 255, ".", address & 255, "\",\"device_id\":\"d-", Hex(device, 8),
      "\",\"session_id\":\"s-", Hex(session, 12), "\",\"department\":\"D", Padded(traits % 40, 2),
      "\",\"rows\":", static_cast<int64_t>(rows), ",\"bytes\":", static_cast<int64_t>(bytes),
      ",\"attributes\":{\"geo\":\"KR-", 11 + (traits >> 40) % 17, "\",\"app\":\"",
      kApps[Mix64(resource + 5) % kApps.size()],
      "\",\"mfa\":", random_.Unit() < 0.8 ? "true" : "false",
      ",\"vpn\":", (traits >> 8) % kSources.size() == 1 ? "true" : "false",
      ",\"new_device\":", new_device ? "true" : "false", "}}");
  return {json_, user_};
}

void EventList::Add(std::string_view json, std::string_view user) {
  bytes.append(json);
  ends.push_back(bytes.size());
  users.emplace_back(user);
}

EventList MakeEvents(Shape shape, int people, uint64_t seed, size_t count, size_t bad_every) {
  EventStream stream(shape, people, seed);
  EventList list;
  list.users.reserve(count);
  list.ends.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto [json, user] = stream.Next();
    const bool bad = bad_every > 0 && i % bad_every == bad_every - 1;
    list.Add(bad ? json.substr(0, json.size() / 2) : json, user);
  }
  return list;
}

}  // namespace bongsu::benchmarks
