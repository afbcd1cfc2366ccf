#include "operators/score/held.h"

#include <utility>

#include "operators/models/alert_bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 2;

constexpr uint8_t kRecentFormat = 1;

}  // namespace

std::string EncodeHeldRisk(const UserRisk& risk) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  WriteCause(risk.cause, &writer);
  WriteContributions(risk.contributions, &writer);
  writer.Varint(risk.features.size());
  for (const auto& [name, value] : risk.features) {
    writer.Text(name);
    writer.F64(value);
  }
  return out;
}

Result<UserRisk> DecodeHeldRisk(std::string_view bytes) {
  ByteReader reader(bytes);
  UserRisk risk;
  const uint8_t format = reader.U8();
  if (reader.ok() && format > kFormat) {
    return Status::Invalid(
        "risk: a change held back was written by a later release; run that release");
  }
  risk.cause = ReadCause(&reader);
  risk.contributions = ReadContributions(format, &reader);
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    std::string name(reader.Text());
    risk.features.emplace_back(std::move(name), reader.F64());
  }
  if (format < 1 || !reader.Finished()) {
    return Status::Corrupt("risk: a change held back is damaged; the store should be restored");
  }
  return risk;
}

std::string EncodeRecent(const std::vector<RiskyEvent>& events) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kRecentFormat);
  writer.Varint(events.size());
  for (const RiskyEvent& event : events) {
    writer.I64(event.time.time_since_epoch().count());
    writer.F64(event.risk);
    WriteCause(event.cause, &writer);
  }
  return out;
}

Result<std::vector<RiskyEvent>> DecodeRecent(std::string_view bytes) {
  ByteReader reader(bytes);
  std::vector<RiskyEvent> events;
  const uint8_t format = reader.U8();
  if (reader.ok() && format > kRecentFormat) {
    return Status::Invalid(
        "risk: a person's risky events were written by a later release; run that release");
  }
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    RiskyEvent event;
    event.time = Timestamp(Duration(reader.I64()));
    event.risk = reader.F64();
    event.cause = ReadCause(&reader);
    events.push_back(std::move(event));
  }
  if (format < 1 || !reader.Finished()) {
    return Status::Corrupt("risk: a person's risky events are damaged; restore the store");
  }
  return events;
}

}  // namespace bongsu
