// How parts of alerts and of risks lie in the state: what score and decide keep of an event that
// they tell of later. Little endian, see bytes.h; `format` is that of the value they stand in: 1
// knew neither normals nor tails.
#pragma once

#include <vector>

#include "engine/core/alert.h"
#include "operators/models/bytes.h"

namespace bongsu {

void WriteCause(const Cause& cause, ByteWriter* writer);
Cause ReadCause(ByteReader* reader);

void WriteContributions(const std::vector<Contribution>& contributions, ByteWriter* writer);
std::vector<Contribution> ReadContributions(int format, ByteReader* reader);

}  // namespace bongsu
