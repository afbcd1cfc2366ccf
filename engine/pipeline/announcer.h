// Announces versions of the configuration: the artifacts that make one up and a `version` event to
// every partition of bongsu.events, in one transaction (design sections 2 and 10). Of all the
// workers that ingest, the one who writes control events does it; the others keep what they have to
// say until they are that one.
//
// Files know no order, so the last who has something new to say wins: an instance announces its
// configuration when that is not the one in force and not the one it ran with last (one that
// crashed in the middle of an upgrade and comes back as it was does not undo the upgrade), or when
// it is asked to. What somebody else has announced in the meantime stays in force.
//
// Announce may be called from any thread, the rest from the worker's.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/topics.h"
#include "engine/pipeline/outputs.h"

namespace bongsu {

struct Announcement {
  std::string digest;
  // Name and bytes of the records to be written to bongsu.artifacts, in parts.
  std::vector<std::pair<std::string, std::string>> records;
  std::vector<std::string> names;  // Of whole artifacts: kept in mind as written.
};

class Announcer {
 public:
  struct Options {
    Topics topics{"bongsu"};
    int32_t event_partitions = 1;
    std::string instance;
    // Which version is in force, as it is known now.
    std::function<Result<std::string>()> in_force;
    std::function<void(std::string_view message)> notify;
  };
  // `in_force` as it is now.
  Announcer(Options options, std::string in_force);

  // Becomes the version in force as soon as this worker may say so.
  void Announce(Announcement what, std::string in_force);
  // This instance needs not announce `digest` any more, however often it starts.
  void Remember(std::string digest);

  // This worker writes control events from now on.
  Status Gained();
  void OnTurn(bool writes_control, Outputs* outputs);
  void OnCommitted();
  void OnReset();  // What was said since the last commit may be lost.

 private:
  void Say(Outputs* outputs);

  const Options options_;
  std::mutex mutex_;
  std::string seen_;  // The version in force when `pending_` came.
  std::optional<Announcement> pending_;
  std::optional<std::string> said_;  // Waits for the commit.
  std::string remember_;
  bool remember_said_ = false;
};

}  // namespace bongsu
