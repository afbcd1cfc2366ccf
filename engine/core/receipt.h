// What an alert was made from, as plain data: with the configuration it is enough to make the alert
// again (design section 16, promise 3). The pipeline takes it when an alert goes out, the shard
// adds the event; engine/alerting writes it. Nothing in it comes from the machine's clock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/alert.h"

namespace bongsu {

struct Receipt {
  struct Entry {
    std::string name, bytes;
  };
  size_t alerts = 0;  // How many in a row it is for: one event may end a fold and begin another.

  // The cause: an event, or a timer of the operator `timer`. `time` is the timer's, else the event
  // time that the shard had reached with the event.
  std::string timer;
  Timestamp time;
  std::string event;  // The record's value.
  Cause origin;
  bool late = false;
  int64_t offset = 0;  // Of the record, in bongsu.events.

  // Before it: what the state said of the person to those who asked, by kind (`u` is the profile,
  // see state_keys.h),
  std::vector<Entry> person;
  // and the models' opinions by name; one that says the same as for the last receipt is the same.
  // Timers ask no model.
  struct ModelEntry {
    std::string name;
    std::shared_ptr<const std::string> snapshot;
  };
  std::vector<ModelEntry> models;
};

}  // namespace bongsu
