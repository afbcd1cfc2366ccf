#include "engine/pipeline/announcer.h"

#include <utility>

#include "engine/base/strings.h"

namespace bongsu {

Announcer::Announcer(Options options, std::string in_force)
    : options_(std::move(options)), seen_(std::move(in_force)) {}

void Announcer::Announce(Announcement what, std::string in_force) {
  const std::lock_guard lock(mutex_);
  pending_ = std::move(what);
  if (!said_) seen_ = std::move(in_force);
}

void Announcer::Remember(std::string digest) {
  const std::lock_guard lock(mutex_);
  remember_ = std::move(digest);
}

Status Announcer::Gained() {
  BONGSU_ASSIGN_OR_RETURN(std::string now, options_.in_force());
  const std::lock_guard lock(mutex_);
  if (!pending_ || now == seen_) return Status::Ok();
  if (now != pending_->digest) {
    options_.notify(StrCat("configuration ", pending_->digest.substr(0, 16),
                           " is not announced: another process has announced ", now.substr(0, 16),
                           " since; SIGHUP announces it all the same"));
  }
  remember_ = pending_->digest;
  pending_.reset();
  seen_ = std::move(now);
  return Status::Ok();
}

void Announcer::OnTurn(bool writes_control, Outputs* outputs) {
  const std::lock_guard lock(mutex_);
  if (!remember_.empty() && !std::exchange(remember_said_, true)) {
    outputs->Add(options_.topics.ingest_state, 0, StrCat("version@", options_.instance), remember_);
  }
  if (pending_ && writes_control && !said_) {
    Say(outputs);
    said_ = pending_->digest;
  }
}

void Announcer::Say(Outputs* outputs) {
  const std::string& digest = pending_->digest;
  for (const auto& [name, bytes] : pending_->records)
    outputs->Add(options_.topics.artifacts, 0, name, bytes);
  for (const std::string& name : pending_->names)
    outputs->Add(options_.topics.ingest_state, 0, StrCat("artifact@", name), "");
  const std::string& state = options_.topics.ingest_state;
  outputs->Add(state, 0, StrCat("version@", options_.instance), digest);
  if (digest == seen_) return;  // Its artifacts were missing.
  const std::string json = StrCat("{\"kind\":\"version\",\"digest\":\"", digest, "\"}");
  for (int32_t partition = 0; partition < options_.event_partitions; ++partition) {
    outputs->Add(options_.topics.events, partition, "", json,
                 {{kTypeHeader, kVersion}, {kDigestHeader, digest}});
  }
  outputs->Add(state, 0, "version", digest);
  options_.notify(StrCat("announcing configuration ", digest.substr(0, 16)));
}

void Announcer::OnCommitted() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(remember_said_, false)) remember_.clear();
  if (!said_) return;
  if (pending_ && pending_->digest == *said_) pending_.reset();
  seen_ = *std::exchange(said_, std::nullopt);
}

void Announcer::OnReset() {
  const std::lock_guard lock(mutex_);
  remember_said_ = false;
  said_.reset();
}

}  // namespace bongsu
