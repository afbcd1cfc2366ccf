#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>
#include <optional>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/run.h"
#include "engine/app/commands/support.h"
#include "engine/app/load_driver.h"
#include "engine/app/load_site.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/io/file/json_lines_writer.h"
#include "engine/loadtest/result.h"
#include "engine/loadtest/search.h"
#include "engine/telemetry/logging.h"

namespace bongsu {
namespace {

using loadtest::LoadResult;
using loadtest::Profile;
using loadtest::Run;
using loadtest::Schedule;

constexpr double kBound = 1.5;       // Of the target: --max-rate, unless given.
constexpr double kAcceptance = 120;  // Percent of the target that should still meet the goal.

struct LoadtestArguments {
  std::string config, report, lang = "en";
  std::string measured = "1m", warmup = "5s", ramp = "0s", goal = "1s", probe = "10s";
  double target = 0, max_rate = 0, hot_share = 0, bad_share = 0;
  std::vector<double> steps;
  std::vector<std::string> spikes, metrics;
  int64_t people = 10'000, in_flight_mib = 64, backlog = 2'000'000;
  int threads = 1;
  bool running = false, yes = false, json = false, no_search = false;
};

// The arguments as the parts want them.
struct Plan {
  Profile profile;
  double max_rate = 0;
  Duration goal{0}, probe{0};
  std::optional<Schedule> schedule;
};

Status Understand(const LoadtestArguments& arguments, Plan* plan) {
  const auto duration = [](std::string_view option, const std::string& text, Duration* out) {
    const Result<Duration> parsed = ParseDuration(text);
    if (!parsed.ok()) return Status::Invalid(StrCat(option, ": ", parsed.status().message()));
    *out = *parsed;
    return Status::Ok();
  };
  Profile& profile = plan->profile;
  BONGSU_RETURN_IF_ERROR(duration("--for", arguments.measured, &profile.measured));
  BONGSU_RETURN_IF_ERROR(duration("--warmup", arguments.warmup, &profile.warmup));
  BONGSU_RETURN_IF_ERROR(duration("--ramp", arguments.ramp, &profile.ramp));
  BONGSU_RETURN_IF_ERROR(duration("--goal", arguments.goal, &plan->goal));
  BONGSU_RETURN_IF_ERROR(duration("--probe", arguments.probe, &plan->probe));
  if (plan->goal.count() == 0) return Status::Invalid("--goal: expected more than 0s");
  profile.steps = arguments.steps;
  profile.target = arguments.target;
  if (!profile.steps.empty()) {
    if (profile.target > 0)
      return Status::Invalid("--steps: instead of --target; give one of them");
    profile.target = *std::max_element(profile.steps.begin(), profile.steps.end());
  } else if (!(profile.target > 0)) {
    return Status::Invalid("--target: expected events a second, such as --target 50000");
  }
  double most = profile.target;
  for (const std::string& text : arguments.spikes) {
    const Result<loadtest::Spike> spike = loadtest::ParseSpike(text);
    if (!spike.ok()) return Status::Invalid(StrCat("--spike: ", spike.status().message()));
    profile.spikes.push_back(*spike);
    most = std::max(most, profile.target * spike->factor);
  }
  plan->max_rate =
      arguments.max_rate > 0 ? arguments.max_rate : std::max(kBound * profile.target, most);
  BONGSU_ASSIGN_OR_RETURN(plan->schedule, Schedule::Make(profile, plan->max_rate));
  return Status::Ok();
}

using Announced = std::vector<std::pair<std::string, std::string>>;

Announced Announce(const LoadtestArguments& arguments, const Plan& plan, const LoadSite& site,
                   const OwnEngine* own) {
  const Profile& p = plan.profile;
  Announced lines;
  lines.emplace_back("configuration", FindConfig(arguments.config));
  lines.emplace_back("broker", site.kafka.brokers);
  lines.emplace_back("engine",
                     own != nullptr
                         ? StrCat("its own, ", arguments.threads, " scoring thread(s), topics ",
                                  site.kafka.prefix, ".* (", site.kafka.partitions,
                                  " partitions), state in ", own->scratch(), "; deleted afterwards")
                         : std::string("the running one: its models learn from these events, and "
                                       "profiles of loadtest-… stay"));
  lines.emplace_back("path", site.source.empty()
                                 ? StrCat("straight to ", site.input, ", the input of scoring")
                                 : StrCat(site.topic, " → ingest → ", site.input, " → scoring"));
  std::string load = StrCat(p.target, " events/s for ", FormatDuration(p.measured));
  if (!p.steps.empty()) {
    load = StrCat(p.steps.size(), " steps up to ", load);
  }
  for (const std::string& spike : arguments.spikes) load += StrCat(", spike ", spike);
  load += StrCat(", after a ramp of ", FormatDuration(p.ramp), " and ", FormatDuration(p.warmup),
                 " of warming up; ", plan.schedule->total(), " events of ", arguments.people,
                 " people");
  if (arguments.hot_share > 0) load += StrCat(", ", arguments.hot_share * 100, " % of one person");
  if (arguments.bad_share > 0) load += StrCat(", ", arguments.bad_share * 100, " % bad");
  lines.emplace_back("load", load);
  lines.emplace_back("goal", StrCat("the target, and 99 % of events committed within ",
                                    FormatDuration(plan.goal), " of when they were due"));
  lines.emplace_back("bounds", StrCat(plan.max_rate, " events/s, ", arguments.in_flight_mib,
                                      " MiB in flight, ", arguments.backlog, " events of backlog"));
  if (arguments.no_search) return lines;
  lines.emplace_back("then", StrCat("up to ", loadtest::HeadroomSearch::kMost, " runs of ",
                                    arguments.probe, " for the highest rate that meets the goal; ",
                                    kAcceptance, " % of the target is what to have"));
  return lines;
}

// SIGINT or SIGTERM has come; they are blocked in all threads.
std::string Interrupted(const sigset_t& signals) {
  static bool seen = false;
  const timespec at_once{0, 0};
  seen |= sigtimedwait(&signals, nullptr, &at_once) > 0;
  return seen ? "interrupted" : "";
}

// Why a rate is missed is seen best at the lowest one that is missed.
void Search(const Plan& plan, LoadDriver& driver, LoadResult* result) {
  const double target = plan.profile.target;
  loadtest::HeadroomSearch search(target, plan.max_rate, result->run.measured.met);
  double lowest = result->run.measured.met ? plan.max_rate * 2 : target;
  const Progress progress;
  while (const std::optional<double> rate = search.Next()) {
    progress.Show("searching: ", *rate, " events/s …");
    if (!driver.Settle()) return;
    Profile profile;
    profile.target = *rate;
    profile.warmup = plan.probe / 5;
    profile.measured = plan.probe;
    const Result<Schedule> schedule = Schedule::Make(profile, plan.max_rate * 1.000001);
    if (!schedule.ok()) return;
    const Run run = driver.Do(*schedule, true);
    // What the load test could not send says nothing about the engine.
    if (run.measured.loader_limited || run.stopped == "interrupted") return;
    const bool met = run.measured.met;
    search.Tried(*rate, met);
    result->probes.push_back({*rate, run.measured.achieved, run.measured.p99_ms, met});
    if (!met && *rate < lowest) {
      lowest = *rate;
      if (result->run.measured.met) result->decisive = run.measured;
    }
  }
  result->headroom_percent = search.best() / target * 100;
  result->headroom_at_bound = search.at_bound();
}

Status WriteReport(const LoadResult& result, const LoadtestArguments& arguments) {
  if (arguments.report.empty()) return Status::Ok();
  const auto language =
      arguments.lang == "ko" ? loadtest::Language::kKorean : loadtest::Language::kEnglish;
  BONGSU_ASSIGN_OR_RETURN(const auto file, JsonLinesWriter::Make(arguments.report));
  BONGSU_RETURN_IF_ERROR(file->Append(ResultHtml(result, language)));
  return file->Finish();
}

Result<LoadResult> Measure(const LoadtestArguments& arguments, const Plan& plan,
                           const LoadSite& site, Announced announced, const sigset_t& signals) {
  LoadEventsOptions made;
  made.people = arguments.people;
  made.hot_share = arguments.hot_share;
  made.bad_share = arguments.bad_share;
  BONGSU_ASSIGN_OR_RETURN(LoadEvents events, LoadEvents::Make(made));
  LoadDriverOptions options;
  options.goal = plan.goal;
  options.in_flight_bytes = static_cast<uint64_t>(arguments.in_flight_mib) << 20;
  options.backlog = arguments.backlog;
  options.hot_share = arguments.hot_share;
  options.interrupted = [&signals] { return Interrupted(signals); };
  const std::string started = FormatRfc3339(SystemClock().Now());
  BONGSU_ASSIGN_OR_RETURN(const auto driver, LoadDriver::Make(site, events, std::move(options)));
  LoadResult result(driver->Do(*plan.schedule, false));
  result.plan = std::move(announced);
  result.started = started;
  const bool go_on = result.valid() && (result.run.stopped.empty() || !result.run.measured.met);
  if (!arguments.no_search && go_on && Interrupted(signals).empty()) Search(plan, *driver, &result);
  return result;
}

int Finish(const LoadResult& result, const LoadtestArguments& arguments) {
  if (const Status status = WriteReport(result, arguments); !status.ok()) return Fail(status);
  std::cout << (arguments.json ? ResultJson(result) + "\n" : ResultText(result)) << std::flush;
  if (!result.valid())
    std::cerr << "bongsu: the load test itself was the limit: this result is not valid\n";
  return result.passed() ? 0 : 1;
}

Status MayLoad(const LoadSite& site, const LoadtestArguments& arguments) {
  BONGSU_ASSIGN_OR_RETURN(const int64_t records, RecordsThere(site));
  if (records == 0 || arguments.yes) return Status::Ok();
  return Status::Invalid(StrCat("loadtest: ", site.topic, " already holds ", records,
                                " records: an engine that works for people; say --yes if it may be "
                                "loaded, or leave out --running"));
}

int RunLoadtest(const LoadtestArguments& arguments) {
  Plan plan;
  if (const Status status = Understand(arguments, &plan); !status.ok()) return Fail(status), 2;
  const std::string path = FindConfig(arguments.config);
  std::optional<LoadSite> site;
  std::unique_ptr<OwnEngine> own;
  if (arguments.running) {
    const std::optional<EngineConfig> config = LoadOrReport(arguments.config);
    if (!config) return 1;
    Result<LoadSite> found = RunningSite(*config, arguments.metrics);
    if (!found.ok()) return Fail(found.status()), 2;
    site = *std::move(found);
  } else {
    // Before any thread: it forks.
    Result<std::unique_ptr<OwnEngine>> prepared =
        OwnEngine::Prepare(path, arguments.threads, [](const EngineConfig& config, int threads) {
          RunOptions options;
          options.threads = threads;
          options.reload = false;
          if (config.sources.empty()) options.roles = "score";
          return RunEngine(config, options);
        });
    if (!prepared.ok()) return Fail(prepared.status());
    own = *std::move(prepared);
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  LogOptions log;
  log.level = "warning";
  log.format = "text";
  if (const Status status = SetUpLogging(log, nullptr); !status.ok()) return Fail(status);
  const LoadSite& announced_site = own ? own->site() : *site;
  Announced announced = Announce(arguments, plan, announced_site, own.get());
  for (const auto& [name, value] : announced) {
    std::cerr << "  " << name << std::string(15 - std::min<size_t>(name.size(), 14), ' ') << value
              << "\n";
  }
  if (const Status status = own ? own->Start() : MayLoad(*site, arguments); !status.ok())
    return Fail(status);
  Result<LoadResult> result =
      Measure(arguments, plan, announced_site, std::move(announced), signals);
  if (own) {
    if (const Status status = own->Running(); !status.ok()) return Fail(status);
    if (const Status status = own->Remove(); !status.ok()) Fail(status);
  }
  return result.ok() ? Finish(*result, arguments) : Fail(result.status());
}

void AddLoad(CLI::App* command, LoadtestArguments* a) {
  command->add_option("--target", a->target, "Events a second")->check(CLI::PositiveNumber);
  command->add_option("--for", a->measured, "How long it is measured")->capture_default_str();
  command->add_option("--warmup", a->warmup, "Before that, at the first rate")
      ->capture_default_str();
  command->add_option("--ramp", a->ramp, "Before that, from nothing to the first rate")
      ->capture_default_str();
  command
      ->add_option("--steps", a->steps,
                   "Instead of --target: rates one after the other, equal parts of --for")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--spike", a->spikes,
                   "Times the rate, from when, for how long: 3x@30s+10s (5s unless said)")
      ->delimiter(',');
  command->add_option("--people", a->people, "Whose events they are: loadtest-0000000 and so on")
      ->check(CLI::Range(10, 10'000'000))
      ->capture_default_str();
  command->add_option("--hot-share", a->hot_share, "Share of the events that is one person's")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--bad-share", a->bad_share,
                   "Share of the events that are no events: dead letters")
      ->check(CLI::Range(0.0, 1.0));
}

void AddBounds(CLI::App* command, LoadtestArguments* a) {
  command
      ->add_option("--goal", a->goal,
                   "99 % of results are committed so soon after their event was due")
      ->capture_default_str();
  command->add_flag("--no-search", a->no_search,
                    "Do not look for the highest rate that meets the goal");
  command->add_option("--probe", a->probe, "Length of each run of that search")
      ->capture_default_str();
  command
      ->add_option(
          "--max-rate", a->max_rate,
          "Never more events a second (default: 1.5 times the target, or the highest spike)")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--max-in-flight", a->in_flight_mib,
                   "MiB sent and not yet answered; more: the broker pushes back, and it ends")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command->add_option("--max-backlog", a->backlog, "Events sent and not yet done; more: it ends")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace

void RegisterLoadtest(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "loadtest", "Whether engine and broker keep up with a rate, and what would hold them back");
  const auto arguments = std::make_shared<LoadtestArguments>();
  LoadtestArguments* const a = arguments.get();
  command->add_option("-c,--config", a->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  AddLoad(command, a);
  AddBounds(command, a);
  CLI::Option* running = command->add_flag(
      "--running", a->running,
      "Load the engines that run with this configuration, instead of one of its own");
  command
      ->add_option("--metrics", a->metrics,
                   "With --running: their /metrics, comma separated (default: http.ops.listen)")
      ->delimiter(',')
      ->needs(running);
  command
      ->add_flag("--yes", a->yes, "With --running: also where there are events of people already")
      ->needs(running);
  command->add_option("--threads", a->threads, "Scoring threads of its own engine")
      ->check(CLI::Range(1, 256))
      ->excludes(running)
      ->capture_default_str();
  command->add_option("--report", a->report, "Also write a page with graphs (HTML) to this file");
  command->add_option("--lang", a->lang, "Of the report")
      ->check(CLI::IsMember({"en", "ko"}))
      ->capture_default_str();
  command->add_flag("--json", a->json, "JSON: one line");
  command->footer(
      "Latency is from when an event was due to when its result was committed: nothing is left out "
      "because the engine was slow.\n"
      "Example:\n  bongsu loadtest -c bongsu.yaml --target 50000 --for 5m --threads 8 --report "
      "load.html");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunLoadtest(*arguments); }; });
}

}  // namespace bongsu
