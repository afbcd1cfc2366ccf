#include "engine/app/tail.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/line_follower.h"
#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/io/file/byte_source.h"
#include "engine/io/kafka/kafka_log.h"

namespace bongsu {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(200);

struct TailArguments {
  std::string config, file, min_severity = "informational";
  bool from_beginning = false;
  TailOptions format;
};

// Where records come from. Step hands out what there is, waiting at most about a second; false:
// there will be no more.
class RecordSource {
 public:
  using Visitor = LineFollower::Visitor;
  virtual ~RecordSource() = default;
  virtual Result<bool> Step(const Visitor& visit) = 0;
};

class FileSource final : public RecordSource {
 public:
  FileSource(const std::string& path, LineFollower::From from) : follower_(path, from) {}
  Result<bool> Step(const Visitor& visit) override {
    BONGSU_RETURN_IF_ERROR(follower_.Step(visit));
    return true;
  }

 private:
  LineFollower follower_;
};

class StdinSource final : public RecordSource {
 public:
  Result<bool> Step(const Visitor& visit) override {
    size_t size = 0;
    BONGSU_ASSIGN_OR_RETURN(const ByteSource::Got got,
                            source_->Read(piece_.data(), piece_.size(), kPause, &size));
    rest_.append(piece_, 0, size);
    const bool ended = got == ByteSource::Got::kEnd;
    if (ended && !rest_.empty() && !rest_.ends_with('\n')) rest_ += '\n';
    size_t begin = 0;
    for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (end > begin && !visit(std::string_view(rest_).substr(begin, end - begin))) return false;
    }
    rest_.erase(0, begin);
    return !ended;
  }

 private:
  std::unique_ptr<ByteSource> source_ = ByteSource::FromDescriptor(STDIN_FILENO, "standard input");
  std::string piece_ = std::string(size_t{1} << 16, '\0'), rest_;
};

// Committed records of all partitions; in order within each.
class TopicSource final : public RecordSource {
 public:
  static Result<std::unique_ptr<RecordSource>> Make(const KafkaOptions& kafka,
                                                    const std::string& topic, bool from_beginning) {
    auto source = std::make_unique<TopicSource>();
    BONGSU_ASSIGN_OR_RETURN(source->log_, KafkaLog::Make(kafka));
    BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, source->log_->Partitions(topic));
    for (int32_t partition = 0; partition < partitions; ++partition) {
      Followed& followed = source->followed_.emplace_back();
      BONGSU_ASSIGN_OR_RETURN(followed.reader, source->log_->NewReader({topic, partition}, 0));
      followed.batch = followed.reader->NewBatch();
      followed.shown = from_beginning;
    }
    return std::unique_ptr<RecordSource>(std::move(source));
  }

  // Alerts are few: what is there already is read, and passed over unless it is wanted.
  Result<bool> Step(const Visitor& visit) override {
    for (Followed& followed : followed_) {
      bool at_end = false;
      followed.batch->Clear();
      BONGSU_RETURN_IF_ERROR(followed.reader->Poll(kPause / 4, followed.batch.get(), &at_end));
      for (const Record& record : followed.batch->records()) {
        if (followed.shown && record.value.data() != nullptr && !visit(record.value)) return false;
      }
      followed.shown |= at_end;
    }
    return true;
  }

 private:
  struct Followed {
    std::unique_ptr<Reader> reader;
    std::unique_ptr<RecordBatch> batch;
    bool shown = false;
  };
  std::unique_ptr<KafkaLog> log_;
  std::vector<Followed> followed_;
};

Result<std::unique_ptr<RecordSource>> FollowFile(const TailArguments& arguments,
                                                 const std::string& path) {
  if (!std::filesystem::exists(path)) {
    std::cerr << "bongsu: " << path << " is not there yet; waiting for it" << std::endl;
  }
  return std::unique_ptr<RecordSource>(std::make_unique<FileSource>(
      path, arguments.from_beginning ? LineFollower::From::kBeginning : LineFollower::From::kEnd));
}

Result<std::unique_ptr<RecordSource>> OpenSource(const TailArguments& arguments) {
  if (arguments.file == "-") return std::unique_ptr<RecordSource>(std::make_unique<StdinSource>());
  if (!arguments.file.empty()) return FollowFile(arguments, arguments.file);
  const std::optional<EngineConfig> config = LoadOrReport(arguments.config);
  if (!config) return Status::Invalid("tail: no configuration to say where the alerts are");
  const Topics topics(config->kafka.prefix);
  if (!config->kafka.brokers.empty()) {
    return TopicSource::Make(config->kafka,
                             arguments.format.below_budget ? topics.samples : topics.alerts,
                             arguments.from_beginning);
  }
  if (arguments.format.below_budget) {
    return Status::Invalid(
        "tail --below-budget: without a broker there is no topic of samples to follow; name a file "
        "that replay --samples wrote");
  }
  if (config->sinks.alerts_file.empty()) {
    return Status::Invalid(
        "tail: the configuration names neither kafka.brokers nor sinks.alerts_file; add one, or "
        "name a file of alerts");
  }
  return FollowFile(arguments, config->sinks.alerts_file);
}

// Whoever read our output has gone.
bool OutputIsGone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLNVAL)) != 0;
}

// Until the source ends, somebody interrupts or nobody reads any more.
Status Follow(RecordSource& source, TailFormat& format, const sigset_t& signals) {
  const auto visit = [&](std::string_view record) {
    if (const std::optional<std::string> line = format.Line(record)) std::cout << *line;
    return std::cout.good();
  };
  const timespec pause{0, std::chrono::nanoseconds(kPause).count()};
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const bool more, source.Step(visit));
    std::cout << std::flush;
    if (!more || !std::cout.good() || OutputIsGone()) return Status::Ok();
    if (sigtimedwait(&signals, nullptr, &pause) > 0) return Status::Ok();
  }
}

int RunTail(TailArguments arguments) {
  const std::optional<Severity> severity = ParseSeverity(arguments.min_severity);
  if (severity) arguments.format.min_severity = *severity;
  const char* no_color = std::getenv("NO_COLOR");
  arguments.format.colours =
      isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
  // Before the client of the broker starts threads, so that they come to Follow alone.
  sigset_t signals, before;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  signal(SIGPIPE, SIG_IGN);
  TailFormat format(arguments.format);
  Status status;
  {
    const Result<std::unique_ptr<RecordSource>> source = OpenSource(arguments);
    status = source.ok() ? Follow(**source, format, signals) : source.status();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (format.strange() > 0) {
    std::cerr << "bongsu: " << format.strange() << " line(s) were no "
              << (arguments.format.below_budget ? "samples" : "alerts") << " and not shown\n";
  }
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

void RegisterTail(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand("tail", "Show alerts as they come, a line each");
  const auto arguments = std::make_shared<TailArguments>();
  command->add_option("FILE", arguments->file,
                      "Alerts as JSON lines, followed as the file grows; - is standard input "
                      "(default: the configured broker, else sinks.alerts_file)");
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_option("--person", arguments->format.person, "Only this user_id");
  command->add_option("--min-severity", arguments->min_severity, "And above")
      ->check(CLI::IsMember({"informational", "low", "medium", "high", "critical"}))
      ->capture_default_str();
  command->add_flag("--from-beginning", arguments->from_beginning, "Also what is there already");
  command->add_flag("--below-budget", arguments->format.below_budget,
                    "What the alert budget kept back, from the samples, instead of alerts");
  command->add_flag("--json", arguments->format.json, "The records as they are");
  command->footer(
      "Times are UTC. Colours only on a terminal, and not when NO_COLOR is set.\n\n"
      "Example:\n  bongsu tail --min-severity high");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunTail(*arguments); }; });
}

}  // namespace bongsu
