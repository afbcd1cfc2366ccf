#include "engine/io/kafka/topics.h"

#include <algorithm>
#include <array>
#include <memory>

#include "engine/base/strings.h"
#include "engine/io/kafka/topics_admin.h"

namespace bongsu {
namespace {

using Settings = std::map<std::string, std::string>;

std::string Days(int64_t days) {
  return StrCat(days * 86'400'000);
}

// Kept for a time that is longer than the longest outage to survive. The broker's clock dates the
// records, so that events of the past are not deleted on arrival and latency is measured from one
// clock.
Settings Deleted(int64_t days) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", Days(days)},
          {"message.timestamp.type", "LogAppendTime"}};
}

// The latest value of each key. Tombstones stay a week: a copy of the state that was away for
// longer is restored in full. Segments are closed often enough for compaction to keep restores
// short, and nothing of the last ten minutes is compacted under a reader.
Settings Compacted() {
  return {{"cleanup.policy", "compact"},        {"delete.retention.ms", Days(7)},
          {"segment.ms", "21600000"},           {"segment.bytes", "134217728"},
          {"min.cleanable.dirty.ratio", "0.2"}, {"min.compaction.lag.ms", "600000"}};
}

struct Right {
  std::string_view role, topic, operations;
};

// What each role reads and writes (design section 2). score reads its changelog and alerts, and
// ingest its own state, for the transactional.id that holds back their readers.
constexpr std::array kRights = std::to_array<Right>({
    {"ingest", "decisions", "Read"},
    {"ingest", "group-sums", "Read"},
    {"ingest", "artifacts", "Read,Write"},
    {"ingest", "ingest-state", "Read,Write"},
    {"ingest", "events", "Write"},
    {"ingest", "dead-letters", "Write"},
    {"score", "events", "Read"},
    {"score", "artifacts", "Read"},
    {"score", "changelog", "Read,Write"},
    {"score", "alerts", "Read,Write"},
    {"score", "user-risk", "Write"},
    {"score", "group-sums", "Write"},
    {"score", "samples", "Write"},
    {"score", "dead-letters", "Write"},
    {"score", "receipts", "Write"},
    {"desk", "receipts", "Read"},
    {"desk", "alerts", "Read"},
    {"desk", "user-risk", "Read"},
    {"desk", "samples", "Read"},
    {"desk", "dead-letters", "Read"},
    {"desk", "decisions", "Read,Write"},
    {"desk", "artifacts", "Read,Write"},
});

std::string Quote(std::string_view text) {
  return StrCat('\'', text, '\'');
}

// Operations and resource of each rule.
std::vector<std::string> RightsOf(std::string_view role, const KafkaOptions& options) {
  constexpr std::string_view kPrefixed = " --resource-pattern-type prefixed";
  // A program looks at all of them when it starts. Reading and writing imply Describe alone.
  std::vector<std::string> rules = {StrCat(" --operation Describe --operation DescribeConfigs",
                                           kPrefixed, " --topic ", Quote(options.Topic("")))};
  for (const Right& right : kRights) {
    if (right.role != role) continue;
    std::string& rule = rules.emplace_back();
    for (std::string_view rest = right.operations; !rest.empty();) {
      const size_t comma = std::min(rest.find(','), rest.size());
      rule += StrCat(" --operation ", rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    rule += StrCat(" --topic ", Quote(options.Topic(right.topic)));
  }
  // Not by the prefix alone: another team's group may begin with the same letters.
  rules.push_back(StrCat(" --operation Read --group ", Quote(options.Group(role))));
  rules.push_back(StrCat(" --operation Write", kPrefixed, " --transactional-id ",
                         Quote(options.TransactionPrefix() + '.')));
  return rules;
}

}  // namespace

std::vector<TopicSpec> RequiredTopics(const KafkaOptions& options) {
  const auto spec = [&](std::string_view name, int32_t partitions, Settings config) {
    return TopicSpec{options.Topic(name), partitions, options.replication_factor,
                     std::move(config)};
  };
  const int32_t n = options.partitions;
  Settings artifacts = Compacted();
  artifacts["max.message.bytes"] = "8388608";  // Tables.
  Settings receipts = Deleted(90);             // As long as the alerts that they are of.
  receipts["max.message.bytes"] = "8388608";   // Models.
  Settings dead_letters = Deleted(30);
  dead_letters["max.message.bytes"] =
      "8388608";  // The largest record of a source, and why it was refused.
  return {
      spec("events", n, Deleted(7)),
      spec("alerts", n, Deleted(90)),
      spec("user-risk", n, Compacted()),
      spec("decisions", n, Deleted(365)),
      spec("changelog", n, Compacted()),
      spec("group-sums", n, Deleted(7)),
      spec("artifacts", 1, std::move(artifacts)),
      spec("receipts", n, std::move(receipts)),
      spec("samples", n, Deleted(30)),
      spec("ingest-state", 1, Compacted()),
      spec("dead-letters", n, dead_letters),
  };
}

std::string PrintCreateCommands(const KafkaOptions& options, std::span<const TopicSpec> specs) {
  const std::string server = options.brokers.empty() ? "localhost:9092" : options.brokers;
  std::string out = "# Topics\n";
  for (const TopicSpec& spec : specs) {
    out += StrCat("kafka-topics.sh --bootstrap-server ", Quote(server), " --create --if-not-exists",
                  " --topic ", Quote(spec.name), " --partitions ", spec.partitions,
                  " --replication-factor ", spec.replication);
    for (const auto& [key, value] : spec.config) out += StrCat(" --config ", key, '=', value);
    out += '\n';
  }
  for (const std::string_view role : {"ingest", "score", "desk"}) {
    out += StrCat("\n# Rights of the role ", role, "; replace the principal by yours",
                  role == "ingest" ? ", and add Read on each source topic" : "", "\n");
    for (const std::string& rule : RightsOf(role, options)) {
      out += StrCat("kafka-acls.sh --bootstrap-server ", Quote(server), " --add --allow-principal ",
                    Quote(StrCat("User:", options.prefix, '-', role)), rule, '\n');
    }
  }
  return out;
}

Result<std::vector<TopicResult>> CreateTopics(const KafkaOptions& options,
                                              std::span<const TopicSpec> specs) {
  BONGSU_ASSIGN_OR_RETURN(auto admin, kafka::TopicAdmin::Make(options));
  BONGSU_ASSIGN_OR_RETURN(std::vector<TopicResult> results, admin->Create(specs));
  for (size_t i = 0; i < specs.size(); ++i) {
    if (results[i].kind != TopicResult::Kind::kExists) continue;
    BONGSU_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                            admin->Compare(specs.subspan(i, 1), TopicChecks::kAll));
    if (found.empty()) continue;
    results[i].kind = TopicResult::Kind::kDiffers;
    results[i].message = Join(found, "; ");
  }
  return results;
}

Status DeleteTopics(const KafkaOptions& options, std::span<const std::string> topics) {
  BONGSU_ASSIGN_OR_RETURN(const auto admin, kafka::TopicAdmin::Make(options));
  return admin->Delete(topics);
}

Result<std::vector<std::string>> CheckTopics(const KafkaOptions& options,
                                             std::span<const TopicSpec> specs) {
  BONGSU_ASSIGN_OR_RETURN(auto admin, kafka::TopicAdmin::Make(options));
  return admin->Compare(specs, TopicChecks::kAll);
}

}  // namespace bongsu
