#include "tests/faults/fleet.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "engine/base/strings.h"
#include "tests/support/http_get.h"

namespace bongsu::faults {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kEndPatience{40};

// Lines worth counting begin, after time and level, with one of these.
constexpr std::string_view kNotable[] = {"is set aside",
                                         "ended the transaction",
                                         "another owner took over",
                                         "outcome of a commit",
                                         "no space left",
                                         "is not whole",
                                         "aborted three times",
                                         "do not belong",
                                         "waiting for them to meet",
                                         "has a history",
                                         "have no owner",
                                         "joins its group anew",
                                         "the batch is run again",
                                         "; retriable"};

std::string LastLines(const std::string& text, size_t most) {
  return text.substr(text.size() - std::min(text.size(), most));
}

}  // namespace

Fleet::Fleet(FleetOptions options, Journal& journal)
    : options_(std::move(options)), journal_(journal) {}

Member& Fleet::Add(bool extra) {
  const size_t number = members_.size();
  auto member = std::make_unique<Member>();
  member->name = StrCat("member-", number);
  member->data_dir = StrCat(options_.folder, "/", member->name, "-data");
  member->config = StrCat(options_.folder, "/", member->name, ".yaml");
  member->clock_file = StrCat(options_.folder, "/", member->name, ".clock");
  member->extra = extra;
  fs::create_directories(member->data_dir);
  std::ofstream(member->clock_file) << std::string(8, '\0');
  // Batches of different sizes: a result must not depend on them.
  const size_t most = 150 + 350 * (number % 4);
  std::ofstream yaml(member->config);
  yaml << "include: [\"" << BONGSU_SOURCE_DIR << "/deploy/config/behaviour.yaml\"]\n"
       << "data_dir: " << member->data_dir << "\n"
       << "http: {ops: {listen: \"127.0.0.1:0\"}}\n"
       << "kafka: {brokers: \"" << options_.brokers << "\", prefix: " << options_.prefix
       << ", group: " << options_.prefix << ", partitions: " << options_.partitions
       << ", replication_factor: " << options_.replication << "}\n"
       << "ingest: {tick_interval: 1s}\n"
       << "sources: [{name: access, topic: " << options_.source << "}]\n"
       << "commit: {max_records: " << most << ", interval: " << 20 + 40 * (number % 3) << "ms}\n"
       << "state: {write_buffer: 1MiB}\n"  // So that tables are written and merged.
       << "decide: {threshold: 10, cooldown: 10m}\n";
  members_.push_back(std::move(member));
  return *members_.back();
}

void Fleet::Start(Member& member, const std::string& plan) {
  member.plan = plan;
  member.log = StrCat(options_.folder, "/", member.name, ".", ++member.runs, ".log");
  std::vector<std::string> words = {"/usr/bin/env"};
  if (!plan.empty()) words.push_back("BONGSU_FAULT=" + plan);
  if (!options_.clock_library.empty()) {
    words.push_back("LD_PRELOAD=" + options_.clock_library);
    words.push_back("BONGSU_CLOCK_SHIFT=" + member.clock_file);
  }
  words.insert(words.end(),
               {options_.program, "run", "-c", member.config, "--roles", options_.roles});
  std::error_code ignored;
  member.from_nothing = !fs::exists(member.data_dir + "/state", ignored);
  member.started = Clock::now();
  member.measuring = plan.empty();
  member.port = 0;
  member.program = std::make_unique<Program>(
      ProgramOptions{std::move(words), member.log, options_.folder, false, {}});
  member.state = Member::State::kRunning;
  journal_.Write(StrCat("start ", member.name, plan.empty() ? "" : ", to die at ", plan));
}

void Fleet::Kill(Member& member) {
  if (member.state == Member::State::kDown) return;
  if (member.program->Kill()) {
    member.state = Member::State::kDown;
    journal_.Write("kill " + member.name);
    ReadLog(member);
  } else {
    Look();  // It was faster.
  }
}

void Fleet::Freeze(Member& member) {
  if (member.program->Signal(SIGSTOP)) member.state = Member::State::kFrozen;
  journal_.Write("freeze " + member.name);
  member.measuring = false;
}

void Fleet::Thaw(Member& member) {
  if (member.state != Member::State::kFrozen) return;
  member.program->Signal(SIGCONT);
  journal_.Write("thaw " + member.name);
  member.state = Member::State::kRunning;
}

void Fleet::End(Member& member) {
  if (member.state != Member::State::kRunning) return;
  member.program->Signal(SIGTERM);
  journal_.Write("end " + member.name);
  member.state = Member::State::kEnding;
  member.started = Clock::now();
}

void Fleet::Look() {
  for (const auto& member : members_) {
    if (member->state == Member::State::kDown || member->state == Member::State::kFrozen) continue;
    if (const std::optional<int> code = member->program->Wait(std::chrono::milliseconds(0))) {
      Ended(*member, *code);
    } else if (member->state == Member::State::kEnding &&
               Clock::now() - member->started > kEndPatience) {
      facts_.broke.push_back(StrCat(member->name, " does not end; ", member->log));
      Kill(*member);
    } else if (member->measuring) {
      Measure(*member);
    }
  }
}

void Fleet::Ended(Member& member, int code) {
  const bool asked = member.state == Member::State::kEnding;
  member.state = Member::State::kDown;
  journal_.Write(StrCat(member.name, " ended with code ", code));
  ReadLog(member);
  if (code == 128 + SIGKILL && !member.plan.empty()) {
    ++facts_.hits[member.plan.substr(0, member.plan.find_first_of(":+"))];
  } else if (code >= 126) {
    facts_.broke.push_back(StrCat(member.name, " died with code ", code, "; ", member.log, ": ",
                                  LastLines(member.program->Output(), 300)));
  } else if (code != 0 || !asked) {
    facts_.ended.push_back(StrCat(member.name, " ended with code ", code, ": ",
                                  LastLines(member.program->Output(), 300)));
  }
}

void Fleet::Measure(Member& member) {
  if (member.port == 0) {
    constexpr std::string_view kWords = "metrics and health on port ";
    const std::string output = member.program->Output();
    const size_t at = output.find(kWords);
    if (at == std::string::npos) return;
    std::from_chars(output.data() + at + kWords.size(), output.data() + output.size(), member.port);
  }
  if (MetricIn(HttpGet(member.port, "/metrics").body, "bongsu_events_scored_total") <= 0) return;
  const double took = std::chrono::duration<double>(Clock::now() - member.started).count();
  (member.from_nothing ? facts_.first_commit_empty : facts_.first_commit).push_back(took);
  member.measuring = false;
}

void Fleet::ReadLog(const Member& member) {
  std::istringstream lines(member.program->Output());
  for (std::string line; std::getline(lines, line);) {
    for (const std::string_view words : kNotable) {
      if (line.find(words) != std::string::npos) ++facts_.said[std::string(words)];
    }
    // "restored TOPIC-P from N changelog records in T s".
    const size_t from = line.find(" from "), in = line.find(" changelog records in ");
    if (line.find("restored ") == std::string::npos || in == std::string::npos) continue;
    int64_t records = 0;
    double took = 0;
    std::from_chars(line.data() + from + 6, line.data() + in, records);
    std::from_chars(line.data() + in + 22, line.data() + line.size(), took);
    facts_.restored_records += records;
    facts_.restore_seconds += took;
    ++facts_.restores;
  }
}

}  // namespace bongsu::faults
