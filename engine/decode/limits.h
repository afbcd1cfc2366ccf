// How large an event may be. Part of the configuration (`limits`); what is over them is a dead
// letter.
#pragma once

#include "engine/core/fields.h"

namespace bongsu {

struct LimitOptions {
  ByteSize event{uint64_t{64} * 1024};
  ByteSize record{uint64_t{1024} * 1024};
  int attributes = 256;
  int depth = 4;

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
            .Max(64);
    return table;
  }
};

}  // namespace bongsu
