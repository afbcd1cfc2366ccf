#include "engine/app/state_move.h"

#include <algorithm>

#include "engine/app/state_site.h"
#include "engine/app/visit_records.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

// Committed records from `next` on; gaps between offsets are not records.
Result<bool> AnyRecord(Log& log, const TopicPartition& of, int64_t next) {
  BONGSU_ASSIGN_OR_RETURN(const LogOffsets offsets, log.Offsets(of));
  if (offsets.end <= next) return false;
  bool any = false;
  BONGSU_RETURN_IF_ERROR(VisitRecords(log, of, next, [&](const Record&) {
    any = true;
    return Status::Ok();
  }));
  return any;
}

Status CheckScored(StateSite& site) {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<int32_t> all, site.Choose(std::nullopt));
  BONGSU_RETURN_IF_ERROR(site.CheckNothingOpen(all));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<PartitionFacts> facts, site.Read(all, false));
  for (const PartitionFacts& of : facts) {
    const std::string name = StrCat(site.config().score.input, "-", of.partition);
    const auto& meta = of.changelog.meta;
    if (meta.has_value() != of.group.next.has_value() || !of.changelog.whole ||
        (meta && meta->next != *of.group.next)) {
      return Status::Invalid(StrCat("state reshard: group and changelog of ", name,
                                    " do not fit together; see `bongsu state inspect`"));
    }
    BONGSU_ASSIGN_OR_RETURN(const bool unread, AnyRecord(site.log(), site.Input(of.partition),
                                                         of.group.next.value_or(of.input.start)));
    if (!unread) continue;
    return Status::Invalid(StrCat("state reshard: ", name,
                                  " holds events that are not scored yet; stop ingest, let `bongsu "
                                  "run --roles score` come to the end, and stop it"));
  }
  return Status::Ok();
}

// They have no place in the new topics.
Status CheckNoDecisionWaits(StateSite& site) {
  const std::string& topic = site.topics().decisions;
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, site.log().Partitions(topic));
  std::vector<TopicPartition> all;
  for (int32_t partition = 0; partition < partitions; ++partition)
    all.push_back({topic, partition});
  BONGSU_ASSIGN_OR_RETURN(const std::vector<CommittedPosition> positions,
                          site.log().Positions(site.ingest_group(), all));
  for (size_t i = 0; i < all.size(); ++i) {
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets log, site.log().Offsets(all[i]));
    BONGSU_ASSIGN_OR_RETURN(const bool unread,
                            AnyRecord(site.log(), all[i], positions[i].next.value_or(log.start)));
    if (!unread) continue;
    return Status::Invalid(
        StrCat("state reshard: ", topic, "-", all[i].partition,
               " holds decisions that ingest has not read; let `bongsu run` come "
               "to the end first"));
  }
  return Status::Ok();
}

Status CheckNew(StateSite& site, const KafkaOptions& kafka, const std::string& input) {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<std::string> differences,
                          site.log().CheckTopics(RequiredTopics(kafka), TopicChecks::kVital));
  if (!differences.empty()) {
    return Status::Invalid(
        StrCat("state reshard: make the new topics first, by a configuration with kafka: {prefix: ",
               kafka.prefix, ", partitions: ", kafka.partitions, "}\n", Join(differences, "\n")));
  }
  const Topics topics(kafka.prefix);
  BONGSU_ASSIGN_OR_RETURN(const int32_t inputs, site.log().Partitions(input));
  if (inputs != kafka.partitions) {
    return Status::Invalid(StrCat("state reshard: ", input, " has ", inputs,
                                  " partitions, expected ", kafka.partitions));
  }
  for (const std::string& topic :
       {topics.changelog, topics.user_risk, topics.artifacts, topics.ingest_state, topics.events}) {
    BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, site.log().Partitions(topic));
    for (int32_t partition = 0; partition < partitions; ++partition) {
      BONGSU_ASSIGN_OR_RETURN(const LogOffsets log, site.log().Offsets({topic, partition}));
      if (log.end == 0) continue;
      return Status::Invalid(StrCat(
          "state reshard: ", topic, "-", partition,
          " has been written to, perhaps by a run that was cut off; delete the topics with the "
          "prefix ",
          kafka.prefix, " and make them anew"));
    }
  }
  return Status::Ok();
}

}  // namespace

Result<Resharded> MoveState(const EngineConfig& config, const MoveOptions& options,
                            const Clock& clock) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<StateSite> site, StateSite::Open(config, clock));
  KafkaOptions kafka = config.kafka;
  kafka.prefix = options.prefix;
  kafka.partitions = options.partitions;
  const Topics& from = site->topics();
  const Topics to(options.prefix);
  if (to.changelog == from.changelog) {
    return Status::Invalid("state reshard: --to-prefix is the prefix in use; choose another");
  }
  const std::string input = options.input.empty() ? to.events : options.input;
  BONGSU_RETURN_IF_ERROR(site->AwaitNobody(site->group()));
  BONGSU_RETURN_IF_ERROR(site->AwaitNobody(site->ingest_group()));
  BONGSU_RETURN_IF_ERROR(CheckNew(*site, kafka, input));
  BONGSU_RETURN_IF_ERROR(CheckScored(*site));
  BONGSU_RETURN_IF_ERROR(CheckNoDecisionWaits(*site));
  ReshardPlan plan;
  plan.from = {from.changelog, from.user_risk, from.artifacts, from.ingest_state,
               site->partitions()};
  plan.to = {to.changelog, to.user_risk, to.artifacts, to.ingest_state, options.partitions};
  plan.input = input;
  plan.transactional_id = site->transactional_id();
  plan.dedup_window = static_cast<size_t>(config.score.dedup_window);
  plan.cluster = site->cluster();
  plan.now = clock.Now();
  plan.save_positions = [&](Transaction& transaction, std::span<const Position> positions) {
    return KafkaLog::MoveGroup(transaction, site->group(), positions);
  };
  plan.progress = options.progress;
  return Reshard(site->log(), plan);
}

}  // namespace bongsu
