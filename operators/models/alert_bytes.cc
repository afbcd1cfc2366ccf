#include "operators/models/alert_bytes.h"

#include <utility>

namespace bongsu {

void WriteCause(const Cause& cause, ByteWriter* writer) {
  writer->Text(cause.source);
  writer->I64(cause.partition);
  writer->I64(cause.offset);
  writer->U64(cause.index);
}

Cause ReadCause(ByteReader* reader) {
  Cause cause;
  cause.source = reader->Text();
  cause.partition = static_cast<int32_t>(reader->I64());
  cause.offset = reader->I64();
  cause.index = static_cast<uint32_t>(reader->U64());
  return cause;
}

void WriteContributions(const std::vector<Contribution>& contributions, ByteWriter* writer) {
  writer->Varint(contributions.size());
  for (const Contribution& c : contributions) {
    writer->Text(c.detector);
    writer->Text(c.feature);
    writer->F64(c.points);
    writer->F64(c.observed);
    writer->Text(c.unit);
    for (const double v : {c.normal.usual, c.normal.high, c.tail}) writer->F64(v);
    writer->Text(c.value);
  }
}

std::vector<Contribution> ReadContributions(int format, ByteReader* reader) {
  std::vector<Contribution> contributions;
  for (uint64_t left = reader->Varint(); left > 0 && reader->ok(); --left) {
    Contribution c;
    c.detector = reader->Text();
    c.feature = reader->Text();
    c.points = reader->F64();
    c.observed = reader->F64();
    c.unit = reader->Text();
    if (format >= 2) {
      for (double* v : {&c.normal.usual, &c.normal.high, &c.tail}) *v = reader->F64();
      c.value = reader->Text();
    }
    contributions.push_back(std::move(c));
  }
  return contributions;
}

}  // namespace bongsu
