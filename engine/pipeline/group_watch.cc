#include "engine/pipeline/group_watch.h"

#include <utility>

#include "engine/base/strings.h"
#include "engine/pipeline/group_plan.h"

namespace bongsu {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds(2);
constexpr Duration kVisit = std::chrono::seconds(3);

}  // namespace

GroupWatch::GroupWatch(Options options, Environment environment, Log& log, Metrics& metrics,
                       const Clock& clock)
    : options_(std::move(options)),
      environment_(std::move(environment)),
      log_(log),
      metrics_(metrics),
      clock_(clock) {}
GroupWatch::~GroupWatch() = default;

void GroupWatch::Step() {
  if (visitor_) {
    const Result<AssignmentChange> change = visitor_->PollAssignment(Duration(0));
    const bool arrived = !change.ok() || !change->gained.empty();
    if (arrived || clock_.Steady() > visit_ends_) visitor_.reset();
  }
  if (clock_.Steady() - last_look_ >= kBetweenLooks) {
    last_look_ = clock_.Steady();
    Look();
  }
  for (auto it = followed_.begin(); it != followed_.end();) {
    const TopicPartition from{options_.input, it->first};
    const Status status = it->second.restore->Step();
    if (status.ok() && !environment_.wanted(from)) {
      ++it;
      continue;
    }
    it = followed_.erase(it);
    if (status.ok()) continue;
    environment_.notify(
        StrCat("standby of ", from.topic, '-', from.partition, ": ", status.message()));
    if (status.code() == Code::kCorrupt) (void)SetAside(from, status.message());
  }
  metrics_.GetGauge("standby_partitions").Set(static_cast<double>(followed_.size()));
}

void GroupWatch::Look() {
  const Result<GroupView> group = log_.Describe(options_.group);
  if (!group.ok() || !group->stable) return;
  CheckOwners(*group);
  if (options_.standby > 0) Plan(*group);
}

void GroupWatch::CheckOwners(const GroupView& group) {
  const std::set<int32_t> orphans = WithoutOwner(group, options_.input, options_.partitions);
  metrics_.GetGauge("partitions_without_owner").Set(static_cast<double>(orphans.size()));
  if (orphans.empty()) {
    if (std::exchange(orphaned_since_, std::nullopt)) environment_.report("");
    return;
  }
  if (!orphaned_since_) orphaned_since_ = clock_.Steady();
  if (clock_.Steady() - *orphaned_since_ < 2 * options_.session_timeout) return;
  const std::string what =
      StrCat(orphans.size(), " partitions of ", options_.input, ", the first is ", *orphans.begin(),
             ", have no owner in group ", options_.group, "; it is made to assign anew");
  environment_.report(what);
  if (!AssignAnew()) return;  // Perhaps the next look can.
  environment_.notify(what);
  orphaned_since_ = clock_.Steady();
}

// A static member that comes back gets what it had, without a rebalance; a new one makes the group
// assign everything anew when it comes and again when it leaves.
bool GroupWatch::AssignAnew() {
  const std::string topics[] = {options_.input};
  Result<std::unique_ptr<Consumer>> visitor = log_.NewConsumer(options_.group, "", topics);
  if (!visitor.ok() || !(*visitor)->Join().ok()) return false;
  visitor_ = *std::move(visitor);
  visit_ends_ = clock_.Steady() + kVisit;
  return true;
}

void GroupWatch::Plan(const GroupView& group) {
  const std::set<int32_t> plan =
      StandbyPlan(group, options_.instance, options_.input, options_.partitions, options_.standby);
  std::erase_if(followed_, [&](const auto& entry) { return !plan.contains(entry.first); });
  for (const int32_t partition : plan) {
    if (followed_.contains(partition)) continue;
    const Status status = Begin(partition);
    if (!status.ok()) {
      environment_.notify(
          StrCat("standby of ", options_.input, '-', partition, ": ", status.message()));
    }
  }
}

Status GroupWatch::SetAside(const TopicPartition& from, std::string_view why) {
  BONGSU_RETURN_IF_ERROR(environment_.set_aside(from));
  metrics_.GetCounter("state_set_aside_total").Add(1);
  environment_.notify(StrCat("state of ", from.topic, '-', from.partition, " is set aside: ", why));
  return Status::Ok();
}

Status GroupWatch::Begin(int32_t partition) {
  const TopicPartition from{options_.input, partition}, changelog{options_.changelog, partition};
  if (environment_.wanted(from)) return Status::Ok();
  Result<std::unique_ptr<StateStore>> opened = environment_.open_store(from);
  if (!opened.ok() && opened.status().code() != Code::kCorrupt) return opened.status();
  std::unique_ptr<StateStore> store = opened.ok() ? *std::move(opened) : nullptr;
  if (opened.ok() && store == nullptr) return Status::Ok();  // A worker of this process has it.
  Result<std::optional<Meta>> local =
      store ? store->LoadMeta() : Result<std::optional<Meta>>(opened.status());
  std::string why = local.ok() ? std::string() : local.status().message();
  if (local.ok() && *local) {
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets log, log_.Offsets(changelog));
    why = WhyStale(**local, options_.cluster, log, clock_.Now());
  }
  if (!why.empty()) {
    store.reset();
    BONGSU_RETURN_IF_ERROR(SetAside(from, why));
    BONGSU_ASSIGN_OR_RETURN(store, environment_.open_store(from));
    if (store == nullptr) return Status::Ok();
    local = std::optional<Meta>();
  }
  BONGSU_ASSIGN_OR_RETURN(
      std::unique_ptr<Restore> restore,
      Restore::Start(log_, changelog, *store, *local ? &**local : nullptr, clock_));
  followed_[partition] = {std::move(store), std::move(restore)};
  return Status::Ok();
}

}  // namespace bongsu
