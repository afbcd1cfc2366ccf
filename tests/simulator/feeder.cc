#include "tests/simulator/feeder.h"

#include <array>

#include "engine/base/hash.h"
#include "engine/core/topics.h"
#include "tests/simulator/topics.h"
#include "tests/support/pipeline_parts.h"

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;
using Answer = Transactions::Answer;

const std::string kId = "feeder";
constexpr Duration kNever = std::chrono::hours(24 * 365);  // Its transactions don't time out.

}  // namespace

void Feeder::Until(std::function<bool()> step, std::function<void()> then) {
  if (broker_.up() && step()) return then();
  world_.After(milliseconds(20),
               [this, step = std::move(step), then = std::move(then)] { Until(step, then); });
}

void Feeder::Start() {
  Until(
      [this] {
        const std::optional<int> epoch = broker_.transactions().Init(kId, kNever);
        epoch_ = epoch.value_or(-1);
        return epoch.has_value();
      },
      [this] { Begin(); });
}

void Feeder::Begin() {
  if (sent_ >= scenario_.events) return;
  const Duration pace = scenario_.faults * 10 / scenario_.events;  // About ten at a time.
  world_.After(world_.Between(Duration(0), 2 * pace), [this] {
    open_ = true;
    Send(world_.Between(1, 19));
  });
}

void Feeder::Send(int64_t records) {
  if (records == 0) return End();
  Until([this] { return SendOne(); },
        [this, records] {
          if (world_.Chance(0.9)) return Send(records - 1);
          world_.After(world_.Between(Duration(0), milliseconds(100)),
                       [this, records] { Send(records - 1); });
        });
}

void Feeder::End() {
  const bool commit = world_.Chance(5.0 / 6);
  Until([this, commit] { return broker_.transactions().End(kId, epoch_, commit) == Answer::kOk; },
        [this] {
          open_ = false;
          Begin();
        });
}

bool Feeder::Produce(int32_t partition, Payload payload) {
  int64_t offset = 0;
  const TopicPartition to{scenario_.ingest ? kSource : kEvents, partition};
  return broker_.Produce(kId, epoch_, to, std::make_shared<Payload>(std::move(payload)), &offset) ==
         Answer::kOk;
}

bool Feeder::SendOne() {
  if (!scenario_.ingest && world_.Chance(0.04)) {
    const std::string ms = StrCat(ToMillis(world_.now()));
    const auto to = static_cast<int32_t>(world_.Between(0, scenario_.partitions - 1));
    return Produce(
        to, {"",
             "{}",
             {{std::string(kTypeHeader), std::string(kTick)}, {std::string(kTimeHeader), ms}}});
  }
  const std::string line = NewLine();
  const PlainEvent event = PlainEvent::Parse(line);
  const int32_t partition = scenario_.ingest ? static_cast<int32_t>(ids_ % 2)
                                             : PartitionOf(event.user, scenario_.partitions);
  Payload payload{std::string(event.user), line, {}};
  if (!scenario_.ingest) payload.headers = {{std::string(kOriginHeader), event.origin}};
  if (!Produce(partition, std::move(payload))) return false;
  ++sent_;
  return true;
}

std::string Feeder::NewLine() {
  constexpr std::array<std::string_view, 12> kActions = {"VIEW",   "VIEW",   "VIEW", "LOGIN",
                                                         "LOGIN",  "EXPORT", "WAIT", "WAIT",
                                                         "CANCEL", "FORGET", "DROP", "BOOM"};
  if (!lines_.empty() && world_.Chance(0.03)) return lines_[world_.Index(lines_.size())];
  const int64_t id = ++ids_;
  if (world_.Chance(0.02)) return StrCat(id, " user-", id % scenario_.people, " no event");
  const int64_t seconds = ToMillis(world_.now()) / 1000 + world_.Between(-30, 2);
  lines_.push_back(StrCat(id, " user-", world_.Between(1, scenario_.people), ' ',
                          kActions[world_.Index(kActions.size())], ' ', seconds,
                          world_.Chance(0.3) ? " vpn" : ""));
  return lines_.back();
}

}  // namespace bongsu::sim
