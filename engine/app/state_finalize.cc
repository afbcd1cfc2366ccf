#include "engine/app/state_finalize.h"

#include "engine/app/data_dir.h"
#include "engine/app/state_site.h"
#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

Result<Finalized> FinalizeEmbedded(const EngineConfig& config, const Clock& clock) {
  DirectoryLock lock;
  BONGSU_RETURN_IF_ERROR(lock.Take(config.data_dir));
  RocksDbFactory rocksdb(config.state.rocksdb);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<KeyValueStore> database,
                          rocksdb.Open(EmbeddedPath(config)));
  Finalized result;
  for (int32_t partition = 0; partition < config.kafka.partitions; ++partition) {
    const auto store = MakeStateStore(*database, StorePrefix(config, partition));
    BONGSU_ASSIGN_OR_RETURN(const std::optional<Meta> meta, store->LoadMeta());
    ChangelogEnd end;
    end.meta = meta;
    BONGSU_ASSIGN_OR_RETURN(const std::optional<Meta> raised,
                            PlanFinalize(end, meta ? meta->cluster : 0, clock.Now()));
    ++(raised ? result.raised : meta ? result.already : result.empty);
    if (raised) BONGSU_RETURN_IF_ERROR(store->Write(store->Seal(*raised)));
  }
  return result;
}

}  // namespace

Result<std::optional<Meta>> PlanFinalize(const ChangelogEnd& end, uint64_t cluster, Timestamp now) {
  if (!end.meta || end.meta->format == kMetaFormat) return std::optional<Meta>();
  if (!end.whole) {
    return Status::Invalid(
        "state: the last transaction in the changelog is not whole; see `bongsu state inspect`");
  }
  Meta meta = NextMeta(*end.meta, now, cluster);
  meta.format = kMetaFormat;
  return std::optional<Meta>(meta);
}

Result<Finalized> FinalizeState(const EngineConfig& config, const Clock& clock) {
  if (config.kafka.brokers.empty()) return FinalizeEmbedded(config, clock);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<StateSite> site, StateSite::Open(config, clock));
  BONGSU_RETURN_IF_ERROR(site->AwaitNobody(site->group()));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<int32_t> partitions, site->Choose(std::nullopt));
  BONGSU_RETURN_IF_ERROR(site->CheckNothingOpen(partitions));
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Producer> producer, site->NewProducer());
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, producer->Begin());
  Finalized result;
  for (const int32_t partition : partitions) {
    BONGSU_ASSIGN_OR_RETURN(const ChangelogEnd end,
                            ReadChangelogEnd(site->log(), site->Changelog(partition), clock.Now()));
    BONGSU_ASSIGN_OR_RETURN(const std::optional<Meta> raised,
                            PlanFinalize(end, site->cluster(), clock.Now()));
    ++(raised ? result.raised : end.meta ? result.already : result.empty);
    if (!raised) continue;
    BONGSU_RETURN_IF_ERROR(
        site->AppendMeta(*transaction, site->Changelog(partition), *raised, site->partitions()));
  }
  if (result.raised == 0) return result;
  BONGSU_RETURN_IF_ERROR(site->AwaitNobody(site->group()));
  BONGSU_RETURN_IF_ERROR(CommitOrSay(*transaction, "state finalize"));
  return result;
}

}  // namespace bongsu
