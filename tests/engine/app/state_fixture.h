// What the tests of the state commands share: a changelog in an embedded log, written as a shard
// writes it.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/state_changelog.h"
#include "engine/app/visit_records.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/core/topics.h"
#include "engine/io/embedded/embedded_log.h"
#include "engine/pipeline/batch_digest.h"
#include "state/format/checksum.h"
#include "state/memory/memory_store.h"

namespace bongsu {

class StillClock final : public Clock {
 public:
  Timestamp Now() const override { return FromMillis(1'772'456'400'000); }
  void SleepFor(Duration) const override {}
};

class Changelogs {
 public:
  explicit Changelogs(std::vector<EmbeddedTopic> topics) {
    auto made = EmbeddedLog::Make(database_, std::move(topics), clock_);
    REQUIRE(made.ok());
    log_ = *std::move(made);
  }

  using Entries = std::vector<std::pair<std::string, std::optional<std::string>>>;
  struct Batch {
    TopicPartition to{"bongsu.changelog", 0};
    Entries entries = {};    // With plain values.
    Meta meta;               // Its records and digest are filled in.
    int32_t partitions = 0;  // 0: not told.
    size_t lost = 0;         // So many of the first entries do not arrive.
  };
  void Write(Batch batch) {
    const auto producer = *log_->NewProducer("score-0");
    const auto transaction = *producer->Begin();
    size_t n = 0;
    batch.meta.records = static_cast<int64_t>(batch.entries.size());
    batch.meta.digest = 0;
    for (const auto& [key, value] : batch.entries) {
      std::optional<std::string> sealed;
      if (value) sealed = SealValue(kValueVersion, *value);
      batch.meta.digest = AddToDigest(batch.meta.digest, RecordDigest(key, sealed));
      if (n++ < batch.lost) continue;
      REQUIRE(transaction->Append(batch.to.topic, batch.to.partition, key, sealed, {}).ok());
    }
    const std::string count = StrCat(batch.partitions);
    const Header header{kPartitionsHeader, count};
    REQUIRE(transaction
                ->Append(batch.to.topic, batch.to.partition, kMetaKey, EncodeMeta(batch.meta),
                         std::span(&header, batch.partitions > 0 ? 1 : 0))
                .ok());
    REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
  }
  // What a partition folds to, values opened; without the meta.
  std::map<std::string, std::string> Fold(const TopicPartition& of) {
    std::map<std::string, std::string> folded;
    REQUIRE(VisitRecords(*log_, of, 0, [&](const Record& record) {
              const std::string key(record.key);
              folded.erase(key);
              if (key == kMetaKey || record.value.data() == nullptr) return Status::Ok();
              const auto payload = OpenValue(record.value, nullptr);
              if (payload.ok()) folded[key] = *payload;
              return payload.status();
            }).ok());
    return folded;
  }
  ChangelogEnd End(const TopicPartition& of = {"bongsu.changelog", 0}) {
    const auto end = ReadChangelogEnd(*log_, of, clock_.Now());
    INFO(end.status().message());
    REQUIRE(end.ok());
    return *end;
  }
  Log& log() { return *log_; }
  const Clock& clock() const { return clock_; }
  // Of a batch that has just been written.
  Meta NewMeta(int64_t next) const {
    Meta meta;
    meta.next = next;
    meta.sequence = 7;
    meta.written = clock_.Now().time_since_epoch().count();
    return meta;
  }

 private:
  const StillClock clock_;
  MemoryKeyValueStore database_;
  std::unique_ptr<EmbeddedLog> log_;
};

}  // namespace bongsu
