#include "benchmarks/quality/uba.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string_view>

#include "engine/app/trial.h"
#include "engine/base/strings.h"
#include "engine/generate/access_event.h"
#include "engine/json/writer.h"

namespace bongsu::benchmarks {
namespace {

struct Line {
  Timestamp time;
  std::string json;
};

struct Log {
  std::map<std::string, std::string, std::less<>> departments;  // By user.
  std::set<std::string, std::less<>> malicious;
  std::vector<Line> lines;
  std::map<std::string, Label, std::less<>> labels;  // By user.
};

using Cells = std::span<const std::string_view>;

// Calls `take` with the cells of each line after the header, which is checked. The files quote
// nothing, so a quote is refused.
Status ForEachRow(const std::string& dir, std::string_view name, std::string_view header,
                  const std::function<Status(Cells)>& take) {
  std::string path = StrCat(dir, "/", name, ".csv");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) path += ".gz";
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> reader, LineFiles({path})[0].open());
  const auto columns = static_cast<size_t>(std::count(header.begin(), header.end(), ',') + 1);
  std::vector<std::string_view> cells;
  std::string_view line;
  for (size_t number = 1;; ++number) {
    BONGSU_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) return number > 1 ? Status::Ok() : Status::Invalid(StrCat(path, ": is empty"));
    cells.clear();
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find(',', begin), line.size());
      cells.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    if (number == 1 ? line != header
                    : cells.size() != columns || line.find('"') != std::string_view::npos) {
      return Status::Invalid(
          StrCat(path, ": line ", number, ": expected cells without quotes for ", header));
    }
    if (number == 1) continue;
    if (const Status status = take(cells); !status.ok()) {
      return Status(status.code(), StrCat(path, ": line ", number, ": ", status.message()));
    }
  }
}

// Adds `event`, whose action and object are filled in, with what all logs have in common: id, user,
// date and computer.
Status AddEvent(Cells cells, std::string_view source, AccessEvent event, Log* log) {
  std::string date(cells[2]);
  if (date.size() > 10) date[10] = 'T';
  BONGSU_ASSIGN_OR_RETURN(event.time, ParseRfc3339(date + "+09:00"));
  const auto department = log->departments.find(cells[1]);
  if (department == log->departments.end()) {
    return Status::Invalid(StrCat("users.csv has no user ", cells[1]));
  }
  if (event.action.empty()) return Status::Invalid("an activity that is not known");
  event.user = cells[1];
  event.source = source;
  event.device = cells[3];
  event.department = department->second;
  Line line = {event.time, "{\"event_id\":"};
  JsonWriter(&line.json).String(cells[0]);
  AppendTail(event, &line.json);
  log->lines.push_back(std::move(line));
  if (log->malicious.contains(cells[1])) {
    Label& label =
        log->labels
            .try_emplace(std::string(cells[1]), Label{std::string(cells[1]), std::string(kInsider),
                                                      "of_log", event.time, event.time, 0})
            .first->second;
    label.from = std::min(label.from, event.time);
    label.to = std::max(label.to, event.time);
  }
  return Status::Ok();
}

// The action of an activity; empty when it is none of these.
struct Activity {
  std::string_view name, action;
};
std::string_view ActionOf(std::string_view activity, std::span<const Activity> known) {
  for (const Activity& one : known) {
    if (one.name == activity) return one.action;
  }
  return "";
}

std::string_view HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

Status ReadUsers(const std::string& dir, Log* log) {
  return ForEachRow(dir, "users", "user,role,pc,email,is_malicious", [&](Cells cells) {
    log->departments.emplace(cells[0], cells[1]);
    if (cells[4] == "True") log->malicious.emplace(cells[0]);
    return Status::Ok();
  });
}

Status ReadLogonAndDevice(const std::string& dir, Log* log) {
  static constexpr std::array<Activity, 4> kActivities = {{{"Logon", "LOGIN"},
                                                           {"Logoff", "LOGOUT"},
                                                           {"Connect", "CONNECT"},
                                                           {"Disconnect", "DISCONNECT"}}};
  for (const std::string_view name : {"logon", "device"}) {
    BONGSU_RETURN_IF_ERROR(ForEachRow(dir, name, "id,user,date,pc,activity", [&](Cells cells) {
      AccessEvent event;
      event.action = ActionOf(cells[4], kActivities);
      return AddEvent(cells, name, event, log);
    }));
  }
  return Status::Ok();
}

Status ReadFiles(const std::string& dir, Log* log) {
  static constexpr std::array<Activity, 3> kActivities = {
      {{"Open", "VIEW"}, {"Edit", "UPDATE"}, {"Copy", "COPY"}}};
  return ForEachRow(dir, "file", "id,user,date,pc,filename,activity,to_removable_media",
                    [&](Cells cells) {
                      AccessEvent event;
                      event.action = ActionOf(cells[5], kActivities);
                      if (event.action == "COPY" && cells[6] == "True") event.action = "EXPORT";
                      event.resource = cells[4];
                      event.resource_type = "file";
                      return AddEvent(cells, "file", event, log);
                    });
}

Status ReadHttp(const std::string& dir, Log* log) {
  return ForEachRow(dir, "http", "id,user,date,pc,url,content", [&](Cells cells) {
    AccessEvent event;
    event.action = "VIEW";
    event.resource = HostOf(cells[4]);
    event.resource_type = "web";
    return AddEvent(cells, "http", event, log);
  });
}

Status ReadEmail(const std::string& dir, Log* log) {
  static constexpr std::array<Activity, 1> kActivities = {{{"Send", "SEND"}}};
  return ForEachRow(dir, "email", "id,user,date,pc,to,activity,size,attachments", [&](Cells cells) {
    AccessEvent event;
    event.action = ActionOf(cells[5], kActivities);
    if (event.action == "SEND" && cells[7] != "0") event.action = "EXPORT";
    event.resource = cells[4];
    event.resource_type = "mailbox";
    int64_t size = 0;
    const auto read = std::from_chars(cells[6].data(), cells[6].data() + cells[6].size(), size);
    if (read.ec != std::errc() || size < 0) return Status::Invalid("size: expected bytes");
    event.bytes = static_cast<double>(size);
    return AddEvent(cells, "email", event, log);
  });
}

Status WriteLines(const std::string& path, std::string_view header,
                  std::span<const std::string> lines) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> file, JsonLinesWriter::Make(path));
  if (!header.empty()) BONGSU_RETURN_IF_ERROR(file->Append(header));
  for (const std::string& line : lines) BONGSU_RETURN_IF_ERROR(file->Append(line));
  return file->Finish();
}

Status WriteLog(Log* log, const std::string& out) {
  if (log->lines.empty()) return Status::Invalid("there is no event in the logs");
  std::stable_sort(log->lines.begin(), log->lines.end(),
                   [](const Line& a, const Line& b) { return a.time < b.time; });
  const std::string first_day = FormatRfc3339(log->lines[0].time).substr(0, 10);
  std::vector<std::string> people, events;
  for (const auto& [user, department] : log->departments)
    people.push_back(StrCat(user, ",", first_day, ",", department, ",,,"));
  for (Line& line : log->lines) events.push_back(std::move(line.json));
  BONGSU_RETURN_IF_ERROR(
      WriteLines(out + "/people.csv", "user_id,from,department,role,branch,shift", people));
  BONGSU_RETURN_IF_ERROR(
      WriteLines(out + "/resources.csv", "resource_id,resource_type,sensitivity,owner", {}));
  BONGSU_RETURN_IF_ERROR(WriteLines(out + "/approvals.csv", "user_id,kind,from,to", {}));
  return WriteLines(out + "/events.jsonl", "", events);
}

}  // namespace

Result<std::vector<Label>> ConvertUba(const std::string& dir, const std::string& out) {
  Log log;
  BONGSU_RETURN_IF_ERROR(ReadUsers(dir, &log));
  for (const auto& read : {ReadLogonAndDevice, ReadFiles, ReadHttp, ReadEmail})
    BONGSU_RETURN_IF_ERROR(read(dir, &log));
  BONGSU_RETURN_IF_ERROR(WriteLog(&log, out));
  std::vector<Label> labels;
  for (auto& [user, label] : log.labels) labels.push_back(std::move(label));
  return labels;
}

}  // namespace bongsu::benchmarks
