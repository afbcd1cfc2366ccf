#include "engine/app/state_site.h"

#include <filesystem>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/pipeline/stray_transactions.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(200);
constexpr Duration kMoreThanASession = std::chrono::seconds(1);
constexpr Duration kCommitTimeout = std::chrono::seconds(30);

}  // namespace

Result<std::unique_ptr<StateStore>> LookIntoStore(const EngineConfig& config, int32_t partition) {
  RocksDbFactory rocksdb(config.state.rocksdb);
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> database,
                          rocksdb.OpenReadOnly(StorePath(config, partition)));
  return MakeStateStore(std::move(database), StorePrefix(config, partition));
}

Result<std::unique_ptr<StateSite>> StateSite::Open(const EngineConfig& config, const Clock& clock) {
  if (config.kafka.brokers.empty()) {
    return Status::Invalid(
        "state: the configuration names no kafka.brokers; without a broker, log and state are one "
        "database under data_dir, which needs none of this");
  }
  std::unique_ptr<StateSite> site(new StateSite(config, clock));
  BONGSU_ASSIGN_OR_RETURN(site->log_, KafkaLog::Make(config.kafka));
  BONGSU_ASSIGN_OR_RETURN(site->partitions_, site->log_->Partitions(config.score.input));
  BONGSU_ASSIGN_OR_RETURN(const int32_t changelog, site->log_->Partitions(site->topics_.changelog));
  if (changelog != site->partitions_) {
    return Status::Invalid(StrCat("state: ", site->topics_.changelog, " has ", changelog,
                                  " partitions, ", config.score.input, " has ", site->partitions_,
                                  "; run: bongsu topics check"));
  }
  BONGSU_ASSIGN_OR_RETURN(const std::string cluster, site->log_->Identity());
  site->cluster_ = Hash64(cluster);
  return site;
}

Result<std::vector<int32_t>> StateSite::Choose(std::optional<int32_t> only) const {
  if (only && (*only < 0 || *only >= partitions_)) {
    return Status::Invalid(StrCat("state: ", config_.score.input, " has partitions 0 to ",
                                  partitions_ - 1, ", not ", *only));
  }
  if (only) return std::vector<int32_t>{*only};
  std::vector<int32_t> all;
  for (int32_t partition = 0; partition < partitions_; ++partition) all.push_back(partition);
  return all;
}

Result<std::vector<PartitionFacts>> StateSite::Read(std::span<const int32_t> partitions,
                                                    bool local) {
  std::vector<TopicPartition> inputs;
  for (const int32_t partition : partitions) inputs.push_back(Input(partition));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<CommittedPosition> positions,
                          log_->Positions(group_, inputs));
  std::vector<PartitionFacts> all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    PartitionFacts& facts = all.emplace_back();
    facts.partition = partitions[i];
    facts.group = positions[i];
    BONGSU_ASSIGN_OR_RETURN(facts.input, log_->Offsets(inputs[i]));
    BONGSU_ASSIGN_OR_RETURN(facts.changelog,
                            ReadChangelogEnd(*log_, Changelog(partitions[i]), clock_.Now()));
    if (!local) continue;
    const Result<std::unique_ptr<StateStore>> store = LookIntoStore(config_, partitions[i]);
    if (store.status().code() == Code::kNotFound) continue;
    const Result<std::optional<Meta>> meta = store.ok() ? (*store)->LoadMeta() : store.status();
    if (meta.ok()) {
      facts.local = *meta;
    } else {
      facts.store_problem = meta.status().message();
    }
  }
  return all;
}

Status StateSite::AwaitNobody(std::string_view group) {
  const Timestamp end = clock_.Steady() + config_.kafka.session_timeout + kMoreThanASession;
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const GroupView view, log_->Describe(group));
    if (view.members.empty()) return Status::Ok();
    if (clock_.Steady() >= end) {
      std::vector<std::string> names;
      for (const GroupMember& member : view.members) names.push_back(member.name);
      return Status::Unavailable(StrCat("state: ", names.size(), " member(s) in group ", group,
                                        " (", Join(names, ", "),
                                        "); stop every engine of this group first"));
    }
    clock_.SleepFor(kLookAgain);
  }
}

Status StateSite::CheckNothingOpen(std::span<const int32_t> partitions) {
  for (const int32_t partition : partitions) {
    BONGSU_ASSIGN_OR_RETURN(const std::optional<OpenTransaction> open,
                            log_->FindOpenTransaction(Changelog(partition)));
    if (!open) continue;
    return Status::Unavailable(
        StrCat("state: transaction ", open->id, " is open in ", topics_.changelog, "-", partition,
               "; the broker ends it within ", FormatDuration(config_.kafka.session_timeout),
               " and 10s: try again then"));
  }
  return Status::Ok();
}

Status StateSite::LockStores() {
  std::error_code error;
  if (!std::filesystem::exists(config_.data_dir + "/state", error)) return Status::Ok();
  return lock_.Take(config_.data_dir);
}

Result<std::string> StateSite::SetAside(int32_t partition) {
  return RocksDbFactory::SetAside(StorePath(config_, partition));
}

std::string StateSite::transactional_id() const {
  return TransactionalId(config_.kafka.TransactionPrefix(), "state");
}

Status StateSite::AppendMeta(Transaction& transaction, const TopicPartition& changelog,
                             const Meta& meta, int32_t partitions) const {
  const std::string id = transactional_id(), count = StrCat(partitions);
  const Header headers[] = {{kTransactionHeader, id}, {kPartitionsHeader, count}};
  return transaction.Append(changelog.topic, changelog.partition, kMetaKey, EncodeMeta(meta),
                            headers);
}

Status CommitOrSay(Transaction& transaction, std::string_view what) {
  switch (transaction.Commit(kCommitTimeout)) {
    case Outcome::kCommitted:
      return Status::Ok();
    case Outcome::kFenced:
      return Status::Fenced(StrCat(what, ": another such command took over; nothing was changed"));
    case Outcome::kUnknown:
      return Status::Unavailable(
          StrCat(what, ": the broker did not say whether it is done; run it again to see"));
    case Outcome::kAborted:
      break;
  }
  return Status::Unavailable(StrCat(what, ": nothing was changed; try again"));
}

}  // namespace bongsu
