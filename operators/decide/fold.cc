#include "operators/decide/fold.h"

#include "operators/models/alert_bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 2;

int64_t Micros(Timestamp t) {
  return t.time_since_epoch().count();
}
Timestamp FromMicros(int64_t t) {
  return Timestamp(Duration(t));
}

}  // namespace

std::string EncodeFold(const Fold& fold) {
  std::string out;
  ByteWriter writer(&out);
  const Alert& alert = fold.alert;
  writer.U8(kFormat);
  writer.U8(fold.open);
  for (const Timestamp t : {fold.closes, alert.time, alert.start, alert.end}) writer.I64(Micros(t));
  writer.I64(fold.unsent);
  writer.F64(fold.sent_risk);
  writer.U64(alert.revision);
  writer.Text(alert.detector);
  WriteCause(alert.cause, &writer);
  writer.I64(alert.count);
  for (const double v : {alert.risk, alert.user_risk, alert.confidence}) writer.F64(v);
  WriteContributions(alert.contributions, &writer);
  writer.Text(alert.event_json);
  WriteCause(alert.evidence, &writer);
  writer.I64(alert.log_offset);
  return out;
}

Result<Fold> DecodeFold(std::string_view bytes) {
  ByteReader reader(bytes);
  Fold fold;
  Alert& alert = fold.alert;
  const uint8_t format = reader.U8();
  if (reader.ok() && format > kFormat) {
    return Status::Invalid(
        "decide: the memory of an alert was written by a later release; run that release");
  }
  fold.open = reader.U8() != 0;
  for (Timestamp* t : {&fold.closes, &alert.time, &alert.start, &alert.end})
    *t = FromMicros(reader.I64());
  fold.unsent = reader.I64();
  fold.sent_risk = reader.F64();
  alert.revision = static_cast<uint32_t>(reader.U64());
  alert.detector = reader.Text();
  alert.cause = ReadCause(&reader);
  alert.count = reader.I64();
  for (double* v : {&alert.risk, &alert.user_risk, &alert.confidence}) *v = reader.F64();
  alert.contributions = ReadContributions(format, &reader);
  alert.event_json = reader.Text();
  alert.evidence = ReadCause(&reader);
  alert.log_offset = reader.I64();
  if (format < 1 || !reader.Finished()) {
    return Status::Corrupt(
        "decide: the memory of an alert is damaged; the store should be restored");
  }
  return fold;
}

}  // namespace bongsu
