#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/demo_stream.h"
#include "engine/app/replay.h"
#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct DemoArguments {
  std::string config, out = "bongsu-demo";
  DemoOptions stream;
  bool json = false;
};

// What the demo needs to know of one alert.
struct Seen {
  std::string user, message;
  Timestamp time;
  double risk = 0;
};

struct Person {
  int alerts = 0;
  Seen top;
  Timestamp first;
};

struct Outcome {
  DemoBank bank;
  ReplayResult replay;
  std::map<std::string, Person> people;  // Who alerted.
  int64_t right = 0;                     // Alerts about what was planted.
  std::set<std::string> caught, kinds, kinds_caught;
  double precision() const {
    return replay.alerts == 0 ? 0 : static_cast<double>(right) / static_cast<double>(replay.alerts);
  }
  double recall() const {
    return static_cast<double>(caught.size()) / static_cast<double>(bank.planted.size());
  }
};

// The member at the end of `path`; our own alerts always have it.
JsonValue At(JsonValue value, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    const std::optional<JsonValue> member = value.Find(key);
    BONGSU_CHECK(member.has_value());
    value = *member;
  }
  return value;
}

Seen ReadAlert(JsonReader& reader, std::string_view text) {
  const std::optional<JsonValue> alert = reader.Parse(text);
  BONGSU_CHECK(alert.has_value());
  Seen seen;
  seen.user = At(*alert, {"actor", "user", "uid"}).AsString();
  seen.message = At(*alert, {"message"}).AsString();
  seen.time = FromMillis(At(*alert, {"start_time"}).AsInt());
  seen.risk = At(*alert, {"risk_score"}).AsDouble();
  return seen;
}

void Judge(Outcome* outcome) {
  JsonReader reader;
  for (const std::string& text : outcome->replay.alert_json) {
    const Seen seen = ReadAlert(reader, text);
    Person& person = outcome->people[seen.user];
    if (person.alerts++ == 0 || seen.time < person.first) person.first = seen.time;
    if (seen.risk > person.top.risk) person.top = seen;
    const auto planted = outcome->bank.planted.find(seen.user);
    if (planted == outcome->bank.planted.end() || seen.time < planted->second.from ||
        seen.time > planted->second.to) {
      continue;
    }
    ++outcome->right;
    outcome->caught.insert(seen.user);
    outcome->kinds_caught.insert(planted->second.kind);
  }
  for (const auto& [user, planted] : outcome->bank.planted) outcome->kinds.insert(planted.kind);
}

void PrintJson(const Outcome& outcome) {
  std::string line;
  JsonWriter(&line)
      .BeginObject()
      .Key("events")
      .Int(outcome.replay.events)
      .Key("alerts")
      .Int(outcome.replay.alerts)
      .Key("planted")
      .Int(static_cast<int64_t>(outcome.bank.planted.size()))
      .Key("caught")
      .Int(static_cast<int64_t>(outcome.caught.size()))
      .Key("kinds_planted")
      .Int(static_cast<int64_t>(outcome.kinds.size()))
      .Key("kinds_caught")
      .Int(static_cast<int64_t>(outcome.kinds_caught.size()))
      .Key("precision")
      .Double(outcome.precision())
      .Key("recall")
      .Double(outcome.recall())
      .Key("events_per_second")
      .Double(static_cast<double>(outcome.replay.events) / std::max(outcome.replay.seconds, 1e-9))
      .EndObject();
  std::cout << line << std::endl;
}

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

std::string Percent(double share) {
  return StrCat(static_cast<int>(share * 100 + 0.5), " %");
}

// The reasons of a message, cut at a word: the risk and the name have columns of their own.
std::string Why(const std::string& message) {
  constexpr size_t kWidth = 100;
  const size_t colon = message.find("\": ");
  std::string why = colon == std::string::npos ? message : message.substr(colon + 3);
  if (why.size() <= kWidth) return why;
  const size_t space = why.rfind(", ", kWidth);
  return why.substr(0, space == std::string::npos ? kWidth : space) + " …";
}

void PrintTable(const Outcome& outcome, const DemoArguments& arguments) {
  std::vector<std::pair<std::string, Person>> ranked(outcome.people.begin(), outcome.people.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second.top.risk > b.second.top.risk;
  });
  std::string out = StrCat("\n", Padded("planted", 8), Padded("kind", 18), Padded("caught", 6),
                           Padded("rank", 4), Padded("after", 6), "risk  why\n");
  for (const auto& [user, planted] : outcome.bank.planted) {
    out += Padded(user, 8) + Padded(planted.kind, 18);
    if (!outcome.caught.contains(user)) {
      out += "no\n";
      continue;
    }
    const auto at =
        std::find_if(ranked.begin(), ranked.end(), [&](const auto& r) { return r.first == user; });
    const Person& person = at->second;
    const auto after = std::chrono::floor<std::chrono::minutes>(
        std::max(person.first, planted.from) - planted.from);
    out += Padded("yes", 6) + Padded(StrCat(at - ranked.begin() + 1), 4) +
           Padded(FormatDuration(after), 6) + Padded(StrCat(static_cast<int>(person.top.risk)), 4) +
           Why(person.top.message) + "\n";
  }
  out += StrCat(
      "\n", outcome.replay.events, " events of ", arguments.stream.people, " people in ",
      arguments.stream.days, " days; ", outcome.replay.alerts, " alerts about ",
      outcome.people.size(), " people\ncaught ", outcome.caught.size(), " of ",
      outcome.bank.planted.size(), " planted (", outcome.kinds_caught.size(), " of ",
      outcome.kinds.size(), " kinds); precision ", Percent(outcome.precision()), ", recall ",
      Percent(outcome.recall()), "\n",
      static_cast<int64_t>(static_cast<double>(outcome.replay.events) /
                           std::max(outcome.replay.seconds, 1e-9)),
      " events/s, from a file to alerts, one thread\n\nWhere to look next:\n  ", arguments.out,
      "/alerts.jsonl     every alert, OCSF Detection Finding\n  ", arguments.out,
      "/user-risk.jsonl  every change of a person's risk\n  ", arguments.out,
      "/events.jsonl     the events; bongsu replay --input scores them again, byte for byte\n"
      "  bongsu check --verbose           the features, and the state they need\n");
  std::cout << out << std::flush;
}

int RunDemo(const DemoArguments& arguments) {
  std::optional<EngineConfig> config = LoadOrReport(arguments.config);
  if (!config) return 1;
  std::error_code error;
  std::filesystem::create_directories(arguments.out, error);
  const std::string events = arguments.out + "/events.jsonl";
  Outcome outcome;
  if (!arguments.json)
    std::cout << "Bongsu demo: a bank with insiders planted in it, on the embedded log"
              << std::endl;
  Result<DemoBank> bank = WriteDemoStream(arguments.stream, events);
  if (!bank.ok()) return Fail(bank.status());
  outcome.bank = *std::move(bank);
  SourceOptions source;
  source.name.value = "demo";
  source.files = {events};
  config->sources = {source};
  ReplayOptions options;
  options.alerts_path = arguments.out + "/alerts.jsonl";
  options.user_risk_path = arguments.out + "/user-risk.jsonl";
  options.dead_letters_path = arguments.out + "/dead-letters.jsonl";
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal)
    options.progress = [](int64_t records) {
      std::cerr << "\r" << records << " events" << std::flush;
    };
  Result<ReplayResult> replay = Replay(*config, options);
  if (terminal) std::cerr << "\r\033[K";
  if (!replay.ok()) return Fail(replay.status());
  outcome.replay = *std::move(replay);
  Judge(&outcome);
  arguments.json ? PrintJson(outcome) : PrintTable(outcome, arguments);
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterDemo(CLI::App& app, std::function<int()>* action) {
  CLI::App* command =
      app.add_subcommand("demo", "A generated bank with planted insiders, from a file to alerts");
  const auto arguments = std::make_shared<DemoArguments>();
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_option("--out", arguments->out, "Directory for events and alerts")
      ->capture_default_str();
  command->add_option("--people", arguments->stream.people)
      ->check(CLI::Range(90, 1'000'000))
      ->capture_default_str();
  command->add_option("--days", arguments->stream.days)
      ->check(CLI::Range(7, 366))
      ->capture_default_str();
  command->add_option("--seed", arguments->stream.seed)->capture_default_str();
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("Example:\n  bongsu demo --people 1000");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunDemo(*arguments); }; });
}

}  // namespace bongsu
