// How large an event may be, and how many may come. Part of the configuration (`limits`); an event
// that is too large is a dead letter, one too many waits.
#pragma once

#include "engine/core/fields.h"

namespace bongsu {

struct LimitOptions {
  ByteSize event{uint64_t{64} * 1024};
  ByteSize record{uint64_t{1024} * 1024};
  int attributes = 256;
  int depth = 4;
  int64_t events_per_second = 0;  // Of the process; 0: none.

  static const FieldTable<LimitOptions>& Fields() {
    static const auto table =
        FieldTable<LimitOptions>()
            .Field("event", &LimitOptions::event, "The largest event, as canonical JSON.")
            .Min(256)
            .Max(16.0 * 1024 * 1024)
            .Field("record", &LimitOptions::record,
                   "The largest record of a source; it may hold many events.")
            .Min(256)
            .Max(256.0 * 1024 * 1024)
            .Field("attributes", &LimitOptions::attributes,
                   "How many attributes an event may have.")
            .Min(0)
            .Max(4096)
            .Field("depth", &LimitOptions::depth,
                   "How deep a canonical event may nest objects and lists.")
            .Min(2)
            .Max(64)
            .Field("events_per_second", &LimitOptions::events_per_second,
                   "How many events a process scores a second at most; what is over it waits in "
                   "Kafka. 0: no limit.")
            .Min(0)
            .Max(1e9);
    return table;
  }
};

}  // namespace bongsu
