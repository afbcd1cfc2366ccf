#include "operators/score/held.h"

#include <utility>

#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 1;

}  // namespace

std::string EncodeHeldRisk(const UserRisk& risk) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  writer.Text(risk.cause.source);
  writer.I64(risk.cause.partition);
  writer.I64(risk.cause.offset);
  writer.U64(risk.cause.index);
  writer.Varint(risk.contributions.size());
  for (const Contribution& c : risk.contributions) {
    writer.Text(c.detector);
    writer.Text(c.feature);
    writer.F64(c.points);
    writer.F64(c.observed);
    writer.Text(c.unit);
  }
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
  risk.cause.source = reader.Text();
  risk.cause.partition = static_cast<int32_t>(reader.I64());
  risk.cause.offset = reader.I64();
  risk.cause.index = static_cast<uint32_t>(reader.U64());
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    Contribution c;
    c.detector = reader.Text();
    c.feature = reader.Text();
    c.points = reader.F64();
    c.observed = reader.F64();
    c.unit = reader.Text();
    risk.contributions.push_back(std::move(c));
  }
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    std::string name(reader.Text());
    risk.features.emplace_back(std::move(name), reader.F64());
  }
  if (format != kFormat || !reader.Finished()) {
    return Status::Corrupt("risk: a change held back is damaged; the store should be restored");
  }
  return risk;
}

}  // namespace bongsu
