#include "tests/faults/faults.h"

#include <filesystem>
#include <fstream>

#include "engine/base/strings.h"
#include "tests/faults/damage.h"
#include "tests/faults/nodes.h"

namespace bongsu::faults {
namespace {

namespace fs = std::filesystem;
using Span = Scene::Span;

void Wipe(const std::string& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

// Killed, dealt with, started again after `away`.
bool KillAnd(Scene& scene, Span away, const std::function<void(Member&)>& deal) {
  Member* const member = scene.Take();
  if (member == nullptr) return false;
  scene.fleet.Kill(*member);
  if (deal) deal(*member);
  if (away == Span(0)) return scene.StartAgain(*member), true;
  const size_t outage = scene.BeginOutage();
  scene.After(away, [&scene, member, outage] { scene.StartAgain(*member, outage); });
  return true;
}

// Its new self has another name: the old one holds its partitions until its session ends, which is
// part of the fault.
bool LoseEverything(Scene& scene) {
  const size_t outage = scene.BeginOutage();
  scene.After(Span(6000), [&scene, outage] { scene.watch.EndOutage(outage); });
  return KillAnd(scene, Span(0), [](Member& member) {
    for (const auto& entry : fs::directory_iterator(member.data_dir)) Wipe(entry.path().string());
  });
}

// Which time that the point is passed, and for some a moment later.
std::string PlanFor(std::string_view point, Scene& scene) {
  const bool opening =
      point == "after_init" || point == "mid_restore" || point == "restored" || point == "assigned";
  std::string plan(point);
  const uint64_t nth = scene.random.Below(6), later = scene.random.Below(2),
                 delay = scene.random.Below(4000);
  if (!opening && nth > 0) plan += StrCat(":", nth + 1);
  if (point == "before_commit" && later != 0) plan += StrCat("+", delay);
  return plan;
}

bool CrashAt(std::string_view point, Scene& scene) {
  Member* const member = scene.Take();
  if (member == nullptr) return false;
  const std::string plan = PlanFor(point, scene);
  // Nobody passes these two who has nothing to restore.
  const bool restores = point == "mid_restore" || point == "restored";
  const bool wipe = restores || (point == "assigned" && scene.random.Below(2) == 0);
  scene.fleet.Kill(*member);
  if (wipe) Wipe(member->data_dir + "/state");
  scene.fleet.Start(*member, plan);
  scene.When([member] { return member->state == Member::State::kDown; }, Span(10'000),
             [&scene, member] {
               if (member->state != Member::State::kDown) return void(member->busy = false);
               if (scene.random.Below(7) == 0) Wipe(member->data_dir + "/state");
               scene.StartAgain(*member);
             });
  return true;
}

bool FreezeFor(Scene& scene, Span span) {
  Member* const member = scene.Take();
  if (member == nullptr) return false;
  const size_t outage = scene.BeginOutage();
  scene.fleet.Freeze(*member);
  scene.After(span, [&scene, member, outage] {
    scene.fleet.Thaw(*member);
    member->busy = false;
    scene.watch.EndOutage(outage);
  });
  return true;
}

// Members come and go, and one of the others leaves in order and comes back.
bool Storm(Scene& scene) {
  int extras = 0;
  for (size_t i = 0; i < scene.fleet.members().size(); ++i) {
    Member& member = *scene.fleet.members()[i];
    if (member.extra && member.busy) return false;
  }
  while (extras < 2) {
    Member* extra = nullptr;
    for (const auto& member : scene.fleet.members()) {
      if (member->extra && !member->busy) extra = member.get();
    }
    if (extra == nullptr) extra = &scene.fleet.Add(true);
    ++extras;
    extra->busy = true;
    scene.After(scene.Between(300, 2000), [&scene, extra] { scene.fleet.Start(*extra); });
    scene.After(scene.Between(4000, 9000), [&scene, extra] {
      scene.fleet.End(*extra);
      scene.When([extra] { return extra->state == Member::State::kDown; }, Span(60'000),
                 [extra] { extra->busy = false; });
    });
  }
  Member* const leaves = scene.Take();
  if (leaves == nullptr) return true;
  scene.fleet.End(*leaves);
  scene.When([leaves] { return leaves->state == Member::State::kDown; }, Span(60'000),
             [&scene, leaves] {
               scene.After(scene.Between(300, 3000),
                           [&scene, leaves] { scene.StartAgain(*leaves); });
             });
  return true;
}

bool Corrupt(Scene& scene, const std::string& kind) {
  Member* const member = scene.Take();
  if (member == nullptr) return false;
  const std::string state = member->data_dir + "/state";
  const bool any = !FilesOf(state, kind).empty();
  if (any) {
    scene.fleet.Kill(*member);
    DamageFile(state, kind, scene.random);
    scene.StartAgain(*member);
  }
  member->busy = false;
  return any;
}

bool FullDisk(Scene& scene) {
  Member* const member = scene.small_disk;
  if (member == nullptr || member->busy || member->state != Member::State::kRunning) return false;
  member->busy = true;
  const size_t outage = scene.BeginOutage();
  FillDisk(member->data_dir);
  scene.After(scene.Between(3000, 9000), [&scene, member, outage] {
    FreeDisk(member->data_dir);
    member->busy = false;
    scene.watch.EndOutage(outage);
  });
  return true;
}

bool Slow(Scene& scene) {
  Proxy& proxy = *scene.proxies[scene.random.Below(scene.proxies.size())];
  const size_t outage = scene.BeginOutage();
  proxy.Delay(scene.Between(50, 1500));
  scene.After(scene.Between(1000, 6000), [&scene, &proxy, outage] {
    proxy.Delay(Span(0));
    scene.watch.EndOutage(outage);
  });
  return true;
}

bool HoldEnds(Scene& scene) {
  Proxy& proxy = *scene.proxies[scene.random.Below(scene.proxies.size())];
  const Span by =
      scene.random.Below(2) == 0 ? scene.Between(500, 3000) : scene.Between(3000, 60'000);
  const size_t outage = scene.BeginOutage();
  proxy.HoldEnds(1 + static_cast<int>(scene.random.Below(3)), by, scene.random.Below(2) == 0);
  scene.After(by, [&scene, outage] { scene.watch.EndOutage(outage); });
  return true;
}

bool Cut(Scene& scene, bool reset) {
  scene.proxies[scene.random.Below(scene.proxies.size())]->Cut(reset);
  return true;
}

bool JumpClock(Scene& scene) {
  const auto& members = scene.fleet.members();
  const Member& member = *members[scene.random.Below(members.size())];
  const int64_t seconds = static_cast<int64_t>(scene.random.Below(7201)) - 3600;
  const int64_t shift = seconds * 1'000'000;
  std::fstream file(member.clock_file, std::ios::in | std::ios::out | std::ios::binary);
  file.write(reinterpret_cast<const char*>(&shift), sizeof(shift));
  return true;
}

}  // namespace

std::vector<Fault> FaultTable() {
  const auto none = Needs::kNothing;
  std::vector<Fault> table = {
      {"kill/now", 20, none, "SIGKILL to a process at a random moment; it starts again at once",
       [](Scene& s) { return KillAnd(s, Span(0), nullptr); }},
      {"kill/away", 4, none, "the same, and it stays away for up to 9 s, longer than its session",
       [](Scene& s) { return KillAnd(s, s.Between(500, 9000), nullptr); }},
      {"freeze/short", 4, none, "SIGSTOP of a process for less than its session",
       [](Scene& s) { return FreezeFor(s, s.Between(200, 3000)); }},
      {"freeze/zombie", 3, none, "SIGSTOP for longer than its session: others take over",
       [](Scene& s) { return FreezeFor(s, s.Between(7500, 13'000)); }},
      {"member/storm", 2, none, "processes join and leave the group in order", Storm},
      {"wipe/state", 5, none, "killed, its state is gone",
       [](Scene& s) {
         return KillAnd(s, Span(0), [](Member& m) { Wipe(m.data_dir + "/state"); });
       }},
      {"wipe/all", 1, none, "killed, all of its data directory is gone, its name in the group too",
       LoseEverything},
      {"broker/kill", 1, none, "SIGKILL of a broker, which comes back",
       [](Scene& s) { return KillNode(s, AnyNode(s)); }},
      {"broker/stop", 2, none, "SIGSTOP of a broker for 1 to 20 s",
       [](Scene& s) { return PauseNode(s, AnyNode(s), s.Between(1000, 20'000)); }},
      {"broker/restart", 1, none, "a broker ends in order and comes back",
       [](Scene& s) { return RestartNode(s, AnyNode(s)); }},
      {"broker/leader", 1, Needs::kThreeBrokers, "SIGKILL of the leader of a partition",
       [](Scene& s) {
         return KillNode(s, LeaderOf(s, s.topics[s.random.Below(s.topics.size())]));
       }},
      {"broker/group", 1, Needs::kThreeBrokers, "SIGKILL of a coordinator of groups",
       [](Scene& s) { return KillNode(s, LeaderOf(s, "__consumer_offsets")); }},
      {"broker/transactions", 1, Needs::kThreeBrokers, "SIGKILL of a coordinator of transactions",
       [](Scene& s) { return KillNode(s, LeaderOf(s, "__transaction_state")); }},
      {"disk/full", 2, Needs::kSmallDisk, "a process's disk fills up, and is freed", FullDisk},
      {"net/slow", 2, Needs::kProxy, "every request to a broker arrives late", Slow},
      {"net/ends", 3, Needs::kProxy, "ends of transactions arrive up to a minute late", HoldEnds},
      {"net/cut", 2, Needs::kProxy, "all connections to a broker end",
       [](Scene& s) { return Cut(s, false); }},
      {"net/reset", 2, Needs::kProxy, "the same, by a reset",
       [](Scene& s) { return Cut(s, true); }},
      {"clock/jump", 2, Needs::kClock, "a process's clock is up to an hour fast or slow",
       JumpClock},
  };
  for (const auto& [name, kind] : {std::pair("corrupt/sst", ".sst"),
                                   {"corrupt/wal", ".log"},
                                   {"corrupt/manifest", "MANIFEST"},
                                   {"corrupt/current", "CURRENT"}}) {
    table.push_back({name, 2, none, StrCat("killed, a byte of ", kind, " is flipped or it is cut"),
                     [kind = std::string(kind)](Scene& s) { return Corrupt(s, kind); }});
  }
  for (const std::string_view point : kCrashPoints) {
    table.push_back({StrCat("crash/", point), 3, none, StrCat("dies as by kill -9 at ", point),
                     [point](Scene& s) { return CrashAt(point, s); }});
  }
  return table;
}

}  // namespace bongsu::faults
