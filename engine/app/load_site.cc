#include "engine/app/load_site.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/io/kafka/topics.h"

namespace bongsu {
namespace {

constexpr Duration kStartPatience = std::chrono::minutes(2);
constexpr Duration kStopPatience = std::chrono::seconds(30);
constexpr Duration kFetchTimeout = std::chrono::seconds(2);
constexpr std::string_view kSource = "loadtest";
constexpr std::string_view kPortWords = "metrics and health on port ";

ConfigNode Scalar(std::string text) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.scalar = std::move(text);
  node.quoted = true;
  return node;
}

// The value of `key` in the map `node`, made where it is missing.
ConfigNode& Member(ConfigNode& node, const std::string& key) {
  node.kind = ConfigNode::Kind::kMap;
  for (ConfigNode::Entry& entry : node.entries) {
    if (entry.key == key) return entry.value;
  }
  node.entries.push_back({key, node.mark, {}});
  return node.entries.back().value;
}

void Remove(ConfigNode& node, std::string_view key) {
  std::erase_if(node.entries, [&](const auto& entry) { return entry.key == key; });
}

// What makes the engine the load test's own. Features, detectors and all that costs time stays.
void MakeOwn(ConfigNode& root, const std::string& prefix, const std::string& data_dir,
             bool direct) {
  ConfigNode& kafka = Member(root, "kafka");
  for (const char* const key : {"prefix", "group"}) Member(kafka, key) = Scalar(prefix);
  Member(kafka, "instance") = Scalar("loadtest");
  Member(root, "data_dir") = Scalar(data_dir);
  Member(Member(Member(root, "http"), "ops"), "listen") = Scalar("127.0.0.1:0");
  Member(Member(root, "log"), "level") = Scalar("info");
  Member(Member(root, "log"), "format") = Scalar("text");
  for (const char* const key : {"sinks", "sources", "standby"}) Remove(root, key);
  Remove(Member(root, "score"), "input");
  if (direct) return;
  ConfigNode source;
  Member(source, "name") = Scalar(std::string(kSource));
  Member(source, "topic") = Scalar(prefix + ".source");
  ConfigNode& sources = Member(root, "sources");
  sources.kind = ConfigNode::Kind::kList;
  sources.items = {std::move(source)};
}

Result<EngineConfig> Checked(Result<EngineConfig> config, const Problems& problems) {
  if (!problems.empty()) return Status::Invalid(problems.Format());
  return config;
}

LoadSite SiteOf(const EngineConfig& config) {
  const Topics topics(config.kafka.prefix);
  LoadSite site;
  site.kafka = config.kafka;
  site.input = config.score.input;
  site.topic = site.input;
  site.score_group = config.kafka.Group("score");
  site.ingest_group = config.kafka.Group("ingest");
  site.alerts = topics.alerts;
  site.data_dir = config.data_dir;
  // An input that somebody else fills is the beginning of the way.
  if (site.input != topics.events) return site;
  for (const SourceOptions& source : config.sources) {
    if (source.topic.value.empty() || source.format.value != "canonical") continue;
    site.topic = source.topic.value;
    site.source = source.name.value;
    break;
  }
  return site;
}

Status NoBroker() {
  return Status::Invalid(
      "loadtest: the configuration names no kafka.brokers; name a test broker: a load test is of "
      "engine and broker together");
}

// Only what is safe in a process with one thread; never returns.
[[noreturn]] void BecomeEngine(int go, const std::string& log_path, pid_t parent,
                               const std::function<int()>& main) {
  setpgid(0, 0);  // An interrupt at the terminal is for the load test, which ends its engine.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  char word = 0;
  if (getppid() != parent || read(go, &word, 1) != 1) _exit(0);
  close(go);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (log < 0 || dup2(none, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) _exit(126);
  _exit(main());
}

}  // namespace

Result<LoadSite> RunningSite(const EngineConfig& config, const std::vector<std::string>& metrics) {
  if (config.kafka.brokers.empty()) return NoBroker();
  LoadSite site = SiteOf(config);
  std::vector<std::string> urls = metrics;
  if (urls.empty() && !config.http.ops.listen.value.empty()) {
    urls.push_back(config.http.ops.listen.value);
  }
  bool here = true;
  for (const std::string& url : urls) {
    BONGSU_ASSIGN_OR_RETURN(HttpAddress address, ParseHttpAddress(url));
    here &= address.host == "127.0.0.1" || address.host == "localhost";
    site.metrics.push_back(std::move(address));
  }
  if (!here) site.data_dir.clear();
  return site;
}

Result<int64_t> RecordsThere(const LoadSite& site) {
  BONGSU_ASSIGN_OR_RETURN(const auto log, KafkaLog::Make(site.kafka));
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log->Partitions(site.topic));
  int64_t records = 0;
  for (int32_t p = 0; p < partitions; ++p) {
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets offsets, log->Offsets({site.topic, p}));
    records += offsets.end - offsets.start;
  }
  return records;
}

OwnEngine::OwnEngine(EngineConfig config, std::string scratch)
    : config_(std::move(config)), scratch_(std::move(scratch)), site_(SiteOf(config_)) {}

OwnEngine::~OwnEngine() {
  (void)Remove();
}

Result<std::unique_ptr<OwnEngine>> OwnEngine::Prepare(const std::string& path, int threads,
                                                      const Main& main) {
  Problems problems;
  Result<ConfigNode> root = LoadConfig(path, ProcessEnvironment(), &problems);
  if (!root.ok() && problems.empty()) return root.status();
  if (!problems.empty()) return Status::Invalid(problems.Format());
  BONGSU_ASSIGN_OR_RETURN(const EngineConfig given,
                          Checked(MakeEngineConfig(*root, &problems), problems));
  if (given.kafka.brokers.empty()) return NoBroker();
  const std::string name = StrCat("loadtest-", SystemRng().Next() % 1'000'000);
  const std::string prefix = StrCat(given.kafka.prefix, "-", name);
  std::error_code error;
  const std::string beside =
      std::filesystem::absolute(given.data_dir, error).lexically_normal().string();
  const std::string scratch = StrCat(beside, "-", name);
  const bool direct = given.score.input != Topics(given.kafka.prefix).events;
  MakeOwn(*root, prefix, scratch + "/data", direct);
  BONGSU_ASSIGN_OR_RETURN(EngineConfig config,
                          Checked(MakeEngineConfig(*root, &problems), problems));
  if (!std::filesystem::create_directories(scratch, error)) {
    return Status::Invalid(
        StrCat("loadtest: ", scratch, ", beside data_dir, cannot be made: ", error.message()));
  }
  std::unique_ptr<OwnEngine> engine(new OwnEngine(std::move(config), scratch));
  std::array<int, 2> pipes{};
  if (pipe2(pipes.data(), O_CLOEXEC) != 0) return Status::Internal("loadtest: no pipe can be had");
  const pid_t parent = getpid();
  engine->child_ = fork();
  if (engine->child_ == 0) {
    close(pipes[1]);
    BecomeEngine(pipes[0], scratch + "/engine.log", parent,
                 [&] { return main(engine->config_, threads); });
  }
  close(pipes[0]);
  engine->go_ = pipes[1];
  if (engine->child_ < 0) return Status::Internal("loadtest: no process can be started");
  return engine;
}

Status OwnEngine::Start() {
  std::vector<TopicSpec> specs = RequiredTopics(config_.kafka);
  if (!site_.source.empty()) {
    specs.push_back({site_.topic,
                     config_.kafka.partitions,
                     config_.kafka.replication_factor,
                     {{"retention.ms", "86400000"}}});
  }
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TopicResult> results,
                          CreateTopics(config_.kafka, specs));
  for (const TopicResult& result : results) {
    if (result.kind == TopicResult::Kind::kCreated) topics_.push_back(result.topic);
  }
  for (const TopicResult& result : results) {
    if (result.kind == TopicResult::Kind::kCreated) continue;
    return Status::Unavailable(StrCat("loadtest: topic ", result.topic, " was not made: ",
                                      result.message, "; or load the engine that runs: --running"));
  }
  if (write(go_, "g", 1) != 1) return Status::Internal("loadtest: the engine's process is gone");
  const auto end = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < end) {
    BONGSU_RETURN_IF_ERROR(Running());
    const std::string log = LogTail();
    if (const size_t at = log.rfind(kPortWords); at != std::string::npos && site_.metrics.empty()) {
      const size_t begin = at + kPortWords.size(),
                   size = log.find_first_not_of("0123456789", begin) - begin;
      site_.metrics = {{"127.0.0.1", log.substr(begin, size), "/metrics"}};
    }
    if (!site_.metrics.empty()) {
      HttpAddress ready = site_.metrics.front();
      ready.path = "/readyz";
      if (HttpFetch(ready, kFetchTimeout).ok()) return Status::Ok();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return Status::Unavailable(StrCat("loadtest: its engine was not ready within ",
                                    FormatDuration(kStartPatience), ": ", LogTail()));
}

std::string OwnEngine::LogTail() const {
  std::ifstream file(scratch_ + "/engine.log", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return text.size() > 4000 ? text.substr(text.size() - 4000) : text;
}

bool OwnEngine::Wait(Duration patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    if (child_ > 0 && waitpid(child_, nullptr, WNOHANG) != 0) child_ = -1;
    if (child_ < 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

Status OwnEngine::Running() {
  if (!Wait(Duration(0))) return Status::Ok();
  return Status::Unavailable(StrCat("loadtest: its engine has ended: ", LogTail()));
}

void OwnEngine::End() {
  if (go_ >= 0) close(go_);
  go_ = -1;
  if (child_ <= 0) return;
  kill(child_, SIGTERM);
  if (Wait(kStopPatience)) return;
  kill(child_, SIGKILL);
  Wait(kStopPatience);
}

Status OwnEngine::Remove() {
  End();
  Status status;
  if (!topics_.empty()) status = DeleteTopics(config_.kafka, topics_);
  if (status.ok()) topics_.clear();
  std::error_code error;
  std::filesystem::remove_all(scratch_, error);
  if (error)
    status = Status::Unavailable(StrCat(scratch_, ": cannot be deleted: ", error.message()));
  return status;
}

}  // namespace bongsu
