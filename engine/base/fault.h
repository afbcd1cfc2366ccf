// Named crash points: FAULT("after_commit") ends the process there, as kill -9 would, when the
// environment says BONGSU_FAULT=after_commit. Only programs built for fault tests contain them
// (`bongsu-faults`); everywhere else the line is nothing.
//
//   BONGSU_FAULT=after_commit            the first time
//   BONGSU_FAULT=after_commit:5          the fifth time
//   BONGSU_FAULT=before_commit:5+1500    1500 microseconds after the fifth time, wherever that is
#pragma once

#ifdef BONGSU_FAULTS

#include <string_view>

namespace bongsu::fault {
void At(std::string_view point);
}
#define FAULT(point) ::bongsu::fault::At(point)

#else

#define FAULT(point) static_cast<void>(0)

#endif
