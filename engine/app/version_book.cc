#include "engine/app/version_book.h"

#include <utility>

#include "engine/app/version_body.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr int kTries = 10;
constexpr Duration kBetweenTries = std::chrono::milliseconds(100);

}  // namespace

VersionBook::VersionBook(const EngineConfig& own, FetchArtifacts fetch, const Clock& clock,
                         std::function<void(std::string_view message)> notify)
    : own_(own), fetch_(std::move(fetch)), clock_(clock), notify_(std::move(notify)) {}

Result<std::shared_ptr<const EngineConfig>> VersionBook::Get(const std::string& digest) {
  if (digest.empty() || digest == own_.config_digest) {
    return std::shared_ptr<const EngineConfig>(&own_, [](const EngineConfig*) {});
  }
  const std::lock_guard lock(mutex_);
  if (std::shared_ptr<const EngineConfig> known = others_[digest].lock()) return known;
  Result<std::shared_ptr<const EngineConfig>> fetched =
      FetchVersion(digest, own_.kafka.partitions, fetch_);
  for (int tries = 1; fetched.status().code() == Code::kNotFound && tries < kTries; ++tries) {
    clock_.SleepFor(kBetweenTries);
    fetched = FetchVersion(digest, own_.kafka.partitions, fetch_);
  }
  if (fetched.status().code() == Code::kNotFound) {
    return Status::Unavailable(
        StrCat("configuration ", digest, " is in force, but ", fetched.status().message(),
               " in the artifacts: start a process that ingests with that configuration, or send "
               "it SIGHUP, and it writes it again"));
  }
  if (!fetched.ok()) return fetched;
  others_[digest] = *fetched;
  if (told_.insert(digest).second) {
    notify_(StrCat("configuration ", digest.substr(0, 16), " is in force, not that of this ",
                   "process's file, ", own_.config_digest.substr(0, 16),
                   ", which takes effect when it is announced"));
  }
  return fetched;
}

}  // namespace bongsu
