#include "engine/pipeline/stray_transactions.h"

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr Duration kBetween = std::chrono::milliseconds(500);
constexpr Duration kWatch = std::chrono::seconds(30);
constexpr Duration kBetweenLooks = std::chrono::seconds(2);

}  // namespace

std::string TransactionalId(std::string_view prefix, std::string_view member) {
  return StrCat(prefix, '.', member);
}

StrayTransactions::StrayTransactions(Options options, Log& log, const Clock& clock)
    : options_(std::move(options)), log_(log), clock_(clock) {}

Result<bool> StrayTransactions::End(const TopicPartition& of) {
  const auto [asked, first] = asked_.try_emplace(of, clock_.Steady());
  if (!first && clock_.Steady() - asked->second < kBetween) return false;
  asked->second = clock_.Steady();
  BONGSU_ASSIGN_OR_RETURN(const std::optional<OpenTransaction> open, log_.FindOpenTransaction(of));
  if (!open || open->id.empty()) return false;
  BONGSU_ASSIGN_OR_RETURN(const bool gone, IsGone(open->id));
  if (!gone) return false;
  BONGSU_RETURN_IF_ERROR(log_.NewProducer(open->id).status());
  options_.notify(StrCat("ended the transaction that ", open->id, ", which is gone, left open at ",
                         of.topic, '-', of.partition, " offset ", open->offset));
  return true;
}

void StrayTransactions::Watch(const TopicPartition& of) {
  watched_[of] = clock_.Steady() + kWatch;
}

void StrayTransactions::LookAtWatched() {
  const Timestamp now = clock_.Steady();
  if (watched_.empty() || now - last_look_ < kBetweenLooks) return;
  last_look_ = now;
  for (const auto& [of, until] : watched_) (void)End(of);  // What fails now is tried again.
  std::erase_if(watched_, [now](const auto& entry) { return now > entry.second; });
}

Result<bool> StrayTransactions::IsGone(std::string_view id) {
  if (!id.starts_with(options_.prefix + ".")) return false;
  BONGSU_ASSIGN_OR_RETURN(const GroupView group, log_.Describe(options_.group));
  bool member = false, gone = true;
  for (const GroupMember& other : group.members) {
    member |= other.name == options_.member;
    gone &= TransactionalId(options_.prefix, other.name) != id;
  }
  return group.stable && member && gone;
}

}  // namespace bongsu
