#include "engine/decode/mapping_time.h"

#include <charconv>
#include <cmath>
#include <locale>
#include <stdexcept>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kMaxMicros = 9e15;  // The year 2255: far beyond what an event may say.

Status CheckPattern(std::string_view pattern) {
  bool year = false, day = false;
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    const char c = pattern[++i];
    if (std::string_view("YymdejbBhaAHIMSpzZTRFD%nt").find(c) == std::string_view::npos) {
      return Status::Invalid(StrCat("expected a pattern of strptime, got the unknown %", c));
    }
    year = year || std::string_view("YyFD").find(c) != std::string_view::npos;
    day = day || std::string_view("dejFD").find(c) != std::string_view::npos;
  }
  if (!year || !day) {
    return Status::Invalid(
        "expected rfc3339, epoch_s, epoch_ms, epoch_us or a pattern with year and day such as "
        "\"%Y-%m-%d %H:%M:%S\"");
  }
  return Status::Ok();
}

}  // namespace

Status TimeParser::AddFormat(std::string_view format) {
  if (format == "rfc3339") {
    formats_.push_back({Kind::kRfc3339, ""});
  } else if (format == "epoch_s") {
    formats_.push_back({Kind::kSeconds, ""});
  } else if (format == "epoch_ms") {
    formats_.push_back({Kind::kMillis, ""});
  } else if (format == "epoch_us") {
    formats_.push_back({Kind::kMicros, ""});
  } else {
    BONGSU_RETURN_IF_ERROR(CheckPattern(format));
    const bool has_offset = format.find("%z") != std::string_view::npos;
    formats_.push_back({Kind::kPattern, std::string(format), has_offset});
    stream_.imbue(std::locale::classic());
  }
  return Status::Ok();
}

Status TimeParser::SetZone(const std::string& name) {
  try {
    zone_ = date::locate_zone(name);
    return Status::Ok();
  } catch (const std::exception&) {
    return Status::Invalid(StrCat("expected an IANA time zone such as Asia/Seoul, got \"", name,
                                  "\"; is the package tzdata installed?"));
  }
}

double TimeParser::MicrosIn(Kind kind) {
  return kind == Kind::kSeconds ? 1e6 : kind == Kind::kMillis ? 1e3 : 1;
}

std::optional<Timestamp> TimeParser::ParseNumber(double number) const {
  for (const Format& format : formats_) {
    if (format.kind == Kind::kRfc3339 || format.kind == Kind::kPattern) continue;
    const double micros = number * MicrosIn(format.kind);
    if (!(std::abs(micros) < kMaxMicros)) return std::nullopt;
    return Timestamp(Duration(static_cast<int64_t>(std::round(micros))));
  }
  return std::nullopt;
}

std::optional<Timestamp> TimeParser::ParseText(std::string_view text) {
  for (const Format& format : formats_) {
    if (format.kind == Kind::kRfc3339) {
      if (const auto time = ParseRfc3339(text); time.ok()) return *time;
    } else if (format.kind == Kind::kPattern) {
      if (const auto time = ParsePattern(format, text)) return time;
    } else {
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      const double micros = number * MicrosIn(format.kind);
      if (error == std::errc() && end == text.data() + text.size() &&
          std::abs(micros) < kMaxMicros) {
        return Timestamp(Duration(static_cast<int64_t>(std::round(micros))));
      }
    }
  }
  return std::nullopt;
}

std::optional<Timestamp> TimeParser::ParsePattern(const Format& format, std::string_view text) {
  try {
    stream_.clear();
    stream_.str(std::string(text));
    date::local_time<Duration> local;
    std::string abbreviation;
    std::chrono::minutes offset{0};
    date::from_stream(stream_, format.pattern.c_str(), local, &abbreviation, &offset);
    if (stream_.fail()) return std::nullopt;
    if (stream_.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
    if (format.has_offset) return Timestamp(local.time_since_epoch() - offset);
    if (zone_ == nullptr) return Timestamp(local.time_since_epoch());
    return Timestamp(zone_->to_sys(local, date::choose::earliest).time_since_epoch());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace bongsu
