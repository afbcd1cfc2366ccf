#include "engine/app/state_changelog.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/app/visit_records.h"
#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/pipeline/batch_digest.h"

namespace bongsu {
namespace {

constexpr int64_t kFirstLook = 64;  // Offsets; each further look goes back 16 times as far.

// The end of the log, as far as one look goes back.
struct Tail {
  std::optional<Meta> meta;
  std::optional<int32_t> partitions;
  std::vector<uint64_t> batch, since_meta;  // Digests: of the last batch, and of what follows it.

  Status Take(const Record& record) {
    const bool tombstone = record.value.data() == nullptr;
    if (record.key != kMetaKey) {
      since_meta.push_back(RecordDigest(
          record.key, tombstone ? std::nullopt : std::optional<std::string_view>(record.value)));
      return Status::Ok();
    }
    BONGSU_ASSIGN_OR_RETURN(meta, DecodeMeta(record.value));
    partitions.reset();
    for (const Header& header : record.headers) {
      int32_t count = 0;
      const char* const end = header.value.data() + header.value.size();
      if (header.name == kPartitionsHeader &&
          std::from_chars(header.value.data(), end, count).ptr == end)
        partitions = count;
    }
    batch = std::move(since_meta);
    since_meta.clear();
    return Status::Ok();
  }

  size_t expected() const {
    return meta && meta->format >= 2 ? static_cast<size_t>(meta->records) : 0;
  }
  bool Whole(Timestamp now) const {
    if (!since_meta.empty()) return false;  // A meta is the last of its transaction.
    if (!meta || meta->format < 2) return true;
    if (now - Timestamp(Duration(meta->written)) > kTombstonesStay) return true;
    return batch.size() >= expected() && DigestOfLast(batch, expected()) == meta->digest;
  }
};

// Looks further and further back for the last meta and, if `batch`, for all of its batch.
Result<Tail> ReadTail(Log& log, const TopicPartition& of, const LogOffsets& offsets, bool batch) {
  if (offsets.start >= offsets.stable_end) return Tail();
  for (int64_t back = kFirstLook;; back *= 16) {
    const int64_t from = std::max(offsets.start, offsets.stable_end - back);
    Tail tail;
    BONGSU_RETURN_IF_ERROR(
        VisitRecords(log, of, from, [&](const Record& record) { return tail.Take(record); }));
    const bool seen = tail.meta && (!batch || tail.batch.size() >= tail.expected());
    if (seen || from == offsets.start) return tail;
  }
}

}  // namespace

Result<ChangelogEnd> ReadChangelogEnd(Log& log, const TopicPartition& changelog, Timestamp now) {
  ChangelogEnd end;
  BONGSU_ASSIGN_OR_RETURN(end.offsets, log.Offsets(changelog));
  BONGSU_ASSIGN_OR_RETURN(const Tail tail, ReadTail(log, changelog, end.offsets, true));
  end.whole = tail.Whole(now);
  end.meta = tail.meta;
  end.partitions = tail.partitions;
  return end;
}

Status CheckCountUnchanged(Log& log, const std::string& changelog, const std::string& input,
                           int32_t partitions) {
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const TopicPartition of{changelog, partition};
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets offsets, log.Offsets(of));
    BONGSU_ASSIGN_OR_RETURN(const Tail tail, ReadTail(log, of, offsets, false));
    if (!tail.partitions) continue;
    if (*tail.partitions == partitions) return Status::Ok();
    return Status::Invalid(StrCat(
        "topic ", input, " has ", partitions, " partitions, but the state in ", changelog,
        " was made with ", *tail.partitions,
        ": people would change partition and lose what is known of them; move the state to new "
        "topics with `bongsu state reshard`"));
  }
  return Status::Ok();
}

Meta NextMeta(const Meta& last, Timestamp now, uint64_t cluster) {
  Meta meta = last;
  ++meta.sequence;
  meta.records = 0;
  meta.digest = 0;
  meta.written = now.time_since_epoch().count();
  meta.cluster = cluster;
  return meta;
}

}  // namespace bongsu
