#include "engine/app/stored_records.h"

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "engine/app/data_dir.h"
#include "engine/app/record_json.h"
#include "engine/app/replay.h"
#include "engine/app/visit_records.h"
#include "engine/app/wiring.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/core/topics.h"
#include "engine/io/file/record_file.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/json/reader.h"
#include "engine/telemetry/metrics.h"

namespace bongsu {
namespace {

using record_json::TextAt;
using record_json::TimeAt;
using record_json::WholeAt;

constexpr size_t kMaxRecord = size_t{16} << 20;  // An alert holds its event.

// `key` is empty in files; an empty `value` says that what stands under the key is gone.
using Visitor = std::function<void(std::string_view key, std::string_view value)>;

Status VisitFile(const std::string& path, const Visitor& visit) {
  std::unique_ptr<ByteSource> bytes;
  if (path == "-") {
    bytes = ByteSource::FromDescriptor(STDIN_FILENO, "standard input");
  } else {
    BONGSU_ASSIGN_OR_RETURN(bytes, ByteSource::Open(path));
  }
  RecordFile file(std::move(bytes), kMaxRecord);
  RecordFile::Item item;
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const bool got, file.Next(std::chrono::seconds(1), &item));
    if (got) {
      visit("", item.bytes);
    } else if (file.state() == ByteSource::Got::kEnd) {
      return Status::Ok();
    }
  }
}

Status VisitLog(Log& log, const std::string& topic, const Visitor& visit) {
  return VisitTopic(log, topic, [&](const Record& record) {
    visit(record.key, record.value);
    return Status::Ok();
  });
}

// The log of a run without a broker, which must have ended.
Status VisitEmbedded(const EngineConfig& config, const std::string& topic, const Visitor& visit) {
  const SystemClock clock;
  PrometheusMetrics metrics(BONGSU_VERSION);
  const Result<std::unique_ptr<Wiring>> wiring =
      Wiring::Make({config, clock, metrics, [](std::string_view, std::string_view) {}});
  if (!wiring.ok()) {
    return Status(wiring.status().code(),
                  StrCat(wiring.status().message(),
                         "; or name a file of such records, as sinks.alerts_file, `replay "
                         "--alerts` and `replay --user-risk` write them"));
  }
  return VisitLog((*wiring)->log(), topic, visit);
}

// What was searched.
Result<std::string> Visit(const StoredRecords& where, const Visitor& visit) {
  const bool alerts = where.kind == StoredRecords::Kind::kAlerts;
  if (!where.file.empty()) {
    BONGSU_RETURN_IF_ERROR(VisitFile(where.file, visit));
    return where.file == "-" ? std::string("standard input") : where.file;
  }
  const EngineConfig& config = *where.config;
  const Topics topics(config.kafka.prefix);
  const std::string& topic = alerts ? topics.alerts : topics.user_risk;
  if (!config.kafka.brokers.empty()) {
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaLog> log, KafkaLog::Make(config.kafka));
    BONGSU_RETURN_IF_ERROR(VisitLog(*log, topic, visit));
    return StrCat("topic ", topic, " on ", config.kafka.brokers);
  }
  std::error_code error;
  const std::string& file = config.sinks.alerts_file;
  if (alerts && !file.empty() && std::filesystem::exists(file, error)) {
    BONGSU_RETURN_IF_ERROR(VisitFile(file, visit));
    return file;
  }
  if (!std::filesystem::exists(EmbeddedPath(config), error)) {
    return Status::NotFound(StrCat("data_dir: no run without a broker has left anything under ",
                                   config.data_dir,
                                   "; name a file of records, or the configuration of the run"));
  }
  BONGSU_RETURN_IF_ERROR(VisitEmbedded(config, topic, visit));
  return StrCat("topic ", topic, " under ", config.data_dir);
}

struct Revision {
  int64_t number = 0;
  std::string json;
};

Status Ambiguous(std::string_view uid, const std::map<std::string, Revision>& found) {
  constexpr size_t kNamed = 5;
  std::vector<std::string> names;
  for (const auto& [name, revision] : found) {
    if (names.size() < kNamed) names.push_back(name);
  }
  return Status::Invalid(StrCat("--alert ", uid, ": ", found.size(), " alerts begin so (",
                                Join(names, ", "), found.size() > kNamed ? ", …" : "",
                                "); give more of the uid"));
}

}  // namespace

Result<std::string> FindAlert(const StoredRecords& where, std::string_view uid) {
  const std::string_view wanted = uid.substr(0, uid.find('.'));
  std::map<std::string, Revision> found;  // By uid.
  int64_t alerts = 0;
  JsonReader reader(JsonLimits{.bytes = kMaxRecord});
  BONGSU_ASSIGN_OR_RETURN(
      const std::string searched, Visit(where, [&](std::string_view, std::string_view value) {
        const auto alert = reader.Parse(value);
        const std::string name = alert ? TextAt(*alert, {"finding_info", "uid"}) : "";
        if (name.empty()) return;
        ++alerts;
        if (!name.starts_with(wanted)) return;
        Revision& revision = found[name];
        const int64_t number = WholeAt(*alert, {"metadata", "sequence"});
        if (number >= revision.number) revision = {number, std::string(value)};
      }));
  if (found.empty()) {
    return Status::NotFound(StrCat("no alert's uid begins with \"", wanted, "\" among the ", alerts,
                                   " records of ", searched));
  }
  if (const auto exact = found.find(std::string(wanted)); exact != found.end())
    return exact->second.json;
  if (found.size() > 1) return Ambiguous(wanted, found);
  return found.begin()->second.json;
}

Result<std::string> FindUserRisk(const StoredRecords& where, std::string_view user,
                                 std::optional<Timestamp> at) {
  std::string latest;
  int64_t risks = 0;
  std::optional<Timestamp> first;
  JsonReader reader(JsonLimits{.bytes = kMaxRecord});
  const auto visit = [&](std::string_view key, std::string_view value) {
    ++risks;
    if (value.empty() && key == user) latest.clear();
    const auto risk = reader.Parse(value);
    const auto of = risk ? risk->Find("user_id") : std::nullopt;
    if (!of || !of->is_string() || of->AsString() != user) return;
    const std::optional<Timestamp> as_of = TimeAt(*risk, "as_of");
    if (!first) first = as_of;
    if (!at || (as_of && *as_of <= *at)) latest = value;
  };
  BONGSU_ASSIGN_OR_RETURN(const std::string searched, Visit(where, visit));
  if (!latest.empty()) return latest;
  const std::string what =
      StrCat("no risk of \"", user, "\" among the ", risks, " records of ", searched);
  if (at && first)
    return Status::NotFound(
        StrCat(what, " is as old as --at; the first is of ", FormatRfc3339(*first)));
  return Status::NotFound(
      StrCat(what, ": it never reached 1 of 100, or has fallen below it since"));
}

}  // namespace bongsu
