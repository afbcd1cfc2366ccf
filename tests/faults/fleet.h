// The engine's processes of a campaign: each with its own data directory, started, killed, frozen
// and started again, and what could be seen of them: how they ended, which crash points were hit,
// how long after a start the first commit of scoring came, what they said about restores. One
// thread, the one that starts them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "tests/faults/journal.h"
#include "tests/support/program.h"

namespace bongsu::faults {

struct FleetOptions {
  std::string program, folder, roles;
  std::string brokers, prefix, source;
  int32_t partitions = 4;
  int replication = 1;
  std::string clock_library;  // Preloaded when not empty; the shift is in Member::clock_file.
};

struct Member {
  enum class State { kDown, kRunning, kFrozen, kEnding };
  std::string name, data_dir, config, clock_file;
  bool extra = false;  // Comes and goes.
  bool busy = false;   // A fault is at work on it.
  State state = State::kDown;
  std::string plan;  // BONGSU_FAULT of the run.
  std::unique_ptr<Program> program;
  std::string log;  // Of this run.
  int runs = 0;
  std::chrono::steady_clock::time_point started{};
  bool from_nothing = false;  // Its state was gone when it started.
  bool measuring = false;     // Its first commit has not come yet.
  uint16_t port = 0;
};

class Fleet final {
 public:
  Fleet(FleetOptions options, Journal& journal);

  // A member that is down, with a configuration of its own.
  Member& Add(bool extra);
  std::vector<std::unique_ptr<Member>>& members() { return members_; }
  const FleetOptions& options() const { return options_; }

  void Start(Member& member, const std::string& plan = "");
  void Kill(Member& member);
  void Freeze(Member& member);
  void Thaw(Member& member);
  void End(Member& member);  // SIGTERM; Look tells when it has ended.

  // Takes notice of those who ended by themselves, by a crash point or as they were asked to; they
  // are down then. Asks those who have just started whether they have committed.
  void Look();

  struct Facts {
    std::map<std::string, int64_t> hits;     // Crash point -> times a process died there.
    std::map<std::string, int64_t> said;     // How often members said what matters.
    std::vector<std::string> ended;          // With an error: the last words.
    std::vector<std::string> broke;          // By a signal of their own, or not within 40 s.
    std::vector<double> first_commit;        // Seconds from start; state at hand.
    std::vector<double> first_commit_empty;  // The same, state to be restored in full.
    int64_t restored_records = 0, restores = 0;
    double restore_seconds = 0;
  };
  const Facts& facts() const { return facts_; }
  // The records that a member has restored and set aside are in its log.
  void ReadLog(const Member& member);

 private:
  void Ended(Member& member, int code);
  void Measure(Member& member);

  const FleetOptions options_;
  Journal& journal_;
  std::vector<std::unique_ptr<Member>> members_;
  Facts facts_;
};

}  // namespace bongsu::faults
