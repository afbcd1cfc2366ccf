#include "engine/telemetry/logging.h"

#include <spdlog/sinks/base_sink.h>

#include <iostream>
#include <mutex>
#include <string_view>

#include "engine/base/strings.h"
#include "engine/core/time.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

std::string_view View(const spdlog::string_view_t& text) {
  return {text.data(), text.size()};
}

std::string TimeOf(const spdlog::details::log_msg& message) {
  return FormatRfc3339(std::chrono::floor<Duration>(message.time));
}

void AppendJson(const spdlog::details::log_msg& message, std::string_view service,
                std::string* line) {
  JsonWriter json(line);
  json.BeginObject();
  json.Key("@timestamp").String(TimeOf(message));
  json.Key("log.level").String(View(spdlog::level::to_string_view(message.level)));
  json.Key("message").String(View(message.payload));
  json.Key("ecs.version").String("1.6.0");
  json.Key("service.name").String(service);
  const std::string_view logger = View(message.logger_name);
  json.Key("event.dataset").String(logger.empty() ? StrCat(service, ".log") : logger);
  json.Key("process.thread.id").Int(static_cast<int64_t>(message.thread_id));
  if (message.level >= spdlog::level::err) json.Key("error.message").String(View(message.payload));
  json.EndObject();
}

// Control characters become escapes: a message can neither forge a line nor move a terminal's
// cursor.
void AppendText(const spdlog::details::log_msg& message, std::string* line) {
  *line += StrCat(TimeOf(message), ' ', View(spdlog::level::to_string_view(message.level)), ' ');
  for (const char c : View(message.payload)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line->push_back(c);
    } else {
      *line += StrCat("\\x", HexEncode({&c, 1}));
    }
  }
}

class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(std::string service, bool json, std::ostream* out, Metrics::Counter* errors)
      : service_(std::move(service)), json_(json), out_(out), errors_(errors) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (errors_ != nullptr && message.level >= spdlog::level::err) errors_->Add(1);
    line_.clear();
    if (json_) {
      AppendJson(message, service_, &line_);
    } else {
      AppendText(message, &line_);
    }
    line_.push_back('\n');
    out_->write(line_.data(), static_cast<std::streamsize>(line_.size()));
  }
  void flush_() override { out_->flush(); }

 private:
  const std::string service_;
  const bool json_;
  std::ostream* const out_;
  Metrics::Counter* const errors_;
  std::string line_;  // Reused; guarded by the sink's mutex.
};

}  // namespace

Result<std::shared_ptr<spdlog::logger>> MakeLogger(const LogOptions& options, std::ostream* out,
                                                   Metrics::Counter* errors) {
  const spdlog::level::level_enum level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off && options.level != "off") {
    return Status::Invalid(StrCat("log level \"", options.level,
                                  "\" is unknown; choose trace, debug, info, warning, error, "
                                  "critical or off"));
  }
  if (options.format != "json" && options.format != "text") {
    return Status::Invalid(
        StrCat("log format \"", options.format, "\" is unknown; choose json or text"));
  }
  auto sink = std::make_shared<LineSink>(options.service, options.format == "json", out, errors);
  auto logger = std::make_shared<spdlog::logger>(StrCat(options.service, ".log"), std::move(sink));
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);  // What explains a crash must not die with it.
  return logger;
}

Status SetUpLogging(const LogOptions& options, Metrics::Counter* errors) {
  BONGSU_ASSIGN_OR_RETURN(auto logger, MakeLogger(options, &std::cerr, errors));
  spdlog::set_default_logger(std::move(logger));
  return Status::Ok();
}

}  // namespace bongsu
