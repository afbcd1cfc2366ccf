#include "engine/app/state_reset.h"

#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {

std::string ResetStep::Words() const {
  std::string words = StrCat("partition ", partition, ": ");
  if (empty()) return words + StrCat("stands right at ", to);
  if (move) {
    words += StrCat("the group goes from ", from ? StrCat(*from) : std::string("no position"),
                    " to ", to);
  } else {
    words += StrCat("the group stays at ", to);
  }
  if (skipped > 0) words += StrCat(", over ", skipped, " offsets that are lost");
  // A restore goes over it once it is older than that (engine/pipeline/restore.cc).
  if (torn)
    words += ", a transaction that is not whole is taken as it is (start 5 minutes after it)";
  if (set_aside) words += "; the store in this data_dir is set aside";
  return words;
}

Result<ResetStep> PlanReset(const PartitionFacts& facts, bool accept_gap, uint64_t cluster,
                            Timestamp now) {
  const std::string name = StrCat("partition ", facts.partition, ": ");
  if (!facts.group.known) {
    return Status::Unavailable(
        name + "a transaction that holds the group's position is open; try again in a moment");
  }
  ResetStep step;
  step.partition = facts.partition;
  step.from = facts.group.next;
  if (!facts.changelog.meta) {
    if (!facts.group.next && !facts.local) return step;
    return Status::Invalid(
        name +
        "the changelog holds no state to go by; restore the topic, or start with another "
        "kafka.group and an empty data_dir");
  }
  const Meta& last = *facts.changelog.meta;
  step.to = last.next;
  step.torn = !facts.changelog.whole;
  if (facts.input.start > last.next) {
    step.skipped = facts.input.start - last.next;
    step.to = facts.input.start;
    if (!accept_gap) {
      return Status::Invalid(StrCat(name, "offsets ", last.next, " to ", step.to - 1,
                                    " of the input were deleted before they were read; go on "
                                    "without them with --accept-gap"));
    }
  } else if (facts.input.end < last.next) {
    return Status::Invalid(StrCat(name, "the input ends at ", facts.input.end,
                                  ", before the changelog's position ", last.next,
                                  ": it was made anew or lost its end; restore it, or start with "
                                  "another kafka.group and an empty data_dir"));
  }
  step.move = step.from != step.to;
  if (step.skipped > 0 || step.torn) {
    step.meta = NextMeta(last, now, cluster);
    step.meta->next = step.to;
  }
  step.set_aside = facts.local && facts.local->next > last.next;
  return step;
}

ResetRequest RequestBy(std::string reason) {
  ResetRequest request{std::move(reason), StrCat(geteuid()), "unknown"};
  if (const passwd* const entry = getpwuid(geteuid())) request.user = entry->pw_name;
  char host[256] = "";
  if (gethostname(host, sizeof(host) - 1) == 0) request.host = host;
  return request;
}

std::string ResetRecord(const ResetRequest& request, std::string_view group, std::string_view input,
                        std::span<const ResetStep> steps, Timestamp now) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Key("kind").String("state_reset").Key("time").String(FormatRfc3339(now));
  json.Key("user").String(request.user).Key("host").String(request.host);
  json.Key("reason").String(request.reason);
  json.Key("group").String(group).Key("topic").String(input).Key("partitions").BeginArray();
  for (const ResetStep& step : steps) {
    if (step.empty()) continue;
    json.BeginObject().Key("partition").Int(step.partition).Key("from");
    step.from ? json.Int(*step.from) : json.Null();
    json.Key("to").Int(step.to).Key("skipped").Int(step.skipped).Key("torn").Bool(step.torn);
    json.Key("set_aside").Bool(step.set_aside).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

Status ApplyReset(StateSite& site, std::span<const ResetStep> steps, const ResetRequest& request) {
  BONGSU_RETURN_IF_ERROR(site.LockStores());
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Producer> producer, site.NewProducer());
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, producer->Begin());
  std::vector<Position> positions;
  for (const ResetStep& step : steps) {
    if (step.move) positions.push_back({site.Input(step.partition), step.to});
    if (!step.meta) continue;
    BONGSU_RETURN_IF_ERROR(site.AppendMeta(*transaction, site.Changelog(step.partition), *step.meta,
                                           site.partitions()));
  }
  const std::string record =
      ResetRecord(request, site.group(), site.config().score.input, steps, site.clock().Now());
  const std::string id = site.transactional_id();
  const Header header{kTransactionHeader, id};
  // Of nobody's: all such records are in one partition, in their order.
  BONGSU_RETURN_IF_ERROR(transaction->Append(site.topics().decisions, 0, "", record, {&header, 1}));
  if (!positions.empty()) {
    BONGSU_RETURN_IF_ERROR(KafkaLog::MoveGroup(*transaction, site.group(), positions));
  }
  BONGSU_RETURN_IF_ERROR(site.AwaitNobody(site.group()));
  BONGSU_RETURN_IF_ERROR(CommitOrSay(*transaction, "state reset"));
  spdlog::warn("{}", record);
  for (const ResetStep& step : steps) {
    if (!step.set_aside) continue;
    BONGSU_ASSIGN_OR_RETURN(const std::string aside, site.SetAside(step.partition));
    spdlog::warn("the store of partition {} is now {}", step.partition, aside);
  }
  return Status::Ok();
}

}  // namespace bongsu
