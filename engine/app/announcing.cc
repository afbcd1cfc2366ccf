#include "engine/app/announcing.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "engine/app/version_body.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"

namespace bongsu {
namespace {

Announcement AnnouncementOf(const EngineConfig& config, const Artifacts& artifacts) {
  Announcement what;
  what.digest = config.config_digest;
  for (const auto& [name, bytes] : artifacts) {
    what.names.push_back(name);
    ForEachPart(name, bytes, [&](std::string key, std::string_view part) {
      what.records.emplace_back(std::move(key), part);
    });
  }
  return what;
}

}  // namespace

Result<std::shared_ptr<Announcer>> MakeAnnouncer(const EngineConfig& config,
                                                 const IngestState& state,
                                                 const std::string& instance, Log& log,
                                                 const Topics& topics, bool replay) {
  Announcer::Options options;
  options.topics = topics;
  BONGSU_ASSIGN_OR_RETURN(options.event_partitions, log.Partitions(topics.events));
  options.instance = instance;
  options.in_force = [&log, topic = topics.ingest_state]() -> Result<std::string> {
    BONGSU_ASSIGN_OR_RETURN(IngestState now, ReadIngestState(log, topic));
    return std::move(now.version);
  };
  options.notify = [replay](std::string_view message) {
    if (!replay) spdlog::info("{}", message);
  };
  auto announcer = std::make_shared<Announcer>(std::move(options), state.version);

  const std::string& own = config.config_digest;
  const bool in_force = state.version == own;
  const auto before = state.versions.find(instance);
  const bool new_here = before == state.versions.end() || before->second != own;
  if (in_force && new_here) announcer->Remember(own);
  const bool kept = replay || state.artifacts.contains(StrCat(kConfigArtifact, own));
  if (in_force ? kept : !new_here) return announcer;
  Artifacts artifacts;
  if (!replay) {
    BONGSU_ASSIGN_OR_RETURN(artifacts, ArtifactsOf(config));
    std::erase_if(artifacts,
                  [&](const auto& artifact) { return state.artifacts.contains(artifact.first); });
  }
  announcer->Announce(AnnouncementOf(config, artifacts), state.version);
  return announcer;
}

Status AnnounceNow(const EngineConfig& config, Log& log, const Topics& topics,
                   Announcer& announcer) {
  BONGSU_ASSIGN_OR_RETURN(const IngestState now, ReadIngestState(log, topics.ingest_state));
  BONGSU_ASSIGN_OR_RETURN(const Artifacts artifacts, ArtifactsOf(config));
  announcer.Announce(AnnouncementOf(config, artifacts), now.version);
  return Status::Ok();
}

}  // namespace bongsu
