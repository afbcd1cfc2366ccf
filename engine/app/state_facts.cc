#include "engine/app/state_facts.h"

#include "engine/base/strings.h"
#include "engine/pipeline/restore.h"

namespace bongsu {
namespace {

using Kind = ExpectedOpening::Kind;

ExpectedOpening Refused(std::string text) {
  return {Kind::kRefused, 0, "refused: " + std::move(text)};
}

// Why reading on from `next` is not possible; empty: it is.
std::string WhyRefused(const PartitionFacts& facts, int64_t next) {
  if (facts.input.start > next) {
    return StrCat("offsets ", next, " to ", facts.input.start - 1,
                  " of the input were deleted before they were read; accept the gap with `bongsu "
                  "state reset --accept-gap --reason TEXT`");
  }
  if (facts.input.end < next) {
    return StrCat("the input ends at ", facts.input.end, ", before the group's position ", next,
                  ": it was made anew or lost its end; restore it, or start with another "
                  "kafka.group and an empty data_dir");
  }
  return {};
}

// Why the local store is of no use; empty: it is of use, or there is none.
std::string WhyUseless(const PartitionFacts& facts, int64_t next, uint64_t cluster, Timestamp now) {
  if (!facts.local) return facts.store_problem;
  const Meta& local = *facts.local;
  if (local.next > next) {
    return StrCat("it stands at ", local.next, ", ahead of the group's position ", next);
  }
  if (local.next == next && local.cluster == cluster) return {};
  return WhyStale(local, cluster, facts.changelog.offsets, now);
}

std::string WhyNoRestore(const ChangelogEnd& changelog, int64_t next) {
  if (!changelog.meta) return "the changelog holds no state to bring it there";
  if (changelog.meta->next != next) {
    return StrCat("the changelog stands at ", changelog.meta->next, ", the group at ", next,
                  "; `bongsu state reset --reason TEXT` makes them meet");
  }
  if (changelog.whole) return {};
  return "the last transaction in the changelog is not whole; take it as it is with `bongsu state "
         "reset --reason TEXT`";
}

}  // namespace

std::string_view OpeningName(Kind kind) {
  constexpr std::string_view kNames[] = {"start", "restore", "refused"};
  return kNames[static_cast<size_t>(kind)];
}

ExpectedOpening JudgeOpening(const PartitionFacts& facts, uint64_t cluster, Timestamp now) {
  if (!facts.group.known) return Refused("a transaction that holds the group's position is open");
  const LogOffsets& log = facts.changelog.offsets;
  if (!facts.group.next) {
    const bool history = (facts.local && facts.local->next > 0) || log.end > log.start;
    if (!history) return {Kind::kStart, 0, "starts at the beginning: there is no state yet"};
    return Refused(
        "the state has a history, but the group has no position; `bongsu state reset --reason "
        "TEXT` gives it the changelog's");
  }
  const int64_t next = *facts.group.next;
  if (std::string why = WhyRefused(facts, next); !why.empty()) return Refused(std::move(why));
  const std::string useless = WhyUseless(facts, next, cluster, now);
  const bool there = facts.local && useless.empty() && facts.local->next == next;
  if (there && facts.local->format == kMetaFormat) {
    return {Kind::kStart, 0, StrCat("starts at once at ", next)};
  }
  std::string why = there ? std::string() : WhyNoRestore(facts.changelog, next);
  if (!why.empty()) return Refused(std::move(why));
  const bool forward = facts.local && useless.empty();
  const int64_t records = log.stable_end - (forward ? facts.local->changelog_next : log.start);
  std::string text = StrCat("reads at most ", records, " changelog records, then starts at ", next);
  if (!useless.empty()) text += StrCat(" (the local store is set aside: ", useless, ")");
  return {Kind::kRestore, records, std::move(text)};
}

}  // namespace bongsu
