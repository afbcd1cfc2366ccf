// Reads files, globs and standard input as a log: the way in for `replay`, for nightly exports and
// for the embedded default. Each file is a partition of the topic that is named like the source; a
// record is a line of JSON, or a JSON document that spans lines; its offset is the byte where it
// starts, counted after decompression. gzip is recognised by its first bytes. Owned by one worker
// thread; one file is open at a time as long as partitions are polled one after the other, so
// memory is bounded by `max_record`, not by the size of files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/io/file/file_cursor.h"

namespace bongsu {

struct FileSourceOptions {
  std::string name{};                // Of the source: the topic of its partitions.
  std::vector<std::string> files{};  // Paths and glob patterns.
  int stdin_fd = -1;  // 0 reads standard input, as partition 0; then `files` is empty.
  size_t max_record = size_t{1} << 20;
  std::string state_topic{};  // Where cursors go ("bongsu.ingest-state"); empty saves none.
};

class RecordFile;

class FileConsumer final : public Consumer {
 public:
  // Finds the files: those in `known` keep their partition, new ones get the next free numbers in
  // sorted order. kNotFound when a path or pattern matches nothing. `clock` must outlive the
  // consumer.
  static Result<std::unique_ptr<FileConsumer>> Make(FileSourceOptions options,
                                                    std::vector<FileCursor> known,
                                                    const Clock& clock);
  ~FileConsumer() override;

  Status Join() override;
  Result<AssignmentChange> PollAssignment(Duration timeout) override;
  // From `known`. Standard input has no position that could be returned to: always none.
  Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                   Duration timeout) override;
  // Reads on after all records that start before `next`: where a record starts, or one more than
  // the offset of the last one. kInvalid for a position in standard input; that a file has become
  // shorter than `next` is found by the first Poll.
  Status Assign(const TopicPartition& from, std::optional<int64_t> next) override;
  // A record that was too long, or the place where a gzip file is damaged, comes as a `broken` one.
  Status Poll(const TopicPartition& from, size_t max, Duration timeout,
              RecordBatch* batch) override;
  std::unique_ptr<RecordBatch> NewBatch() override;
  void Wait(Duration timeout) override;
  bool AtEnd(const TopicPartition& from) const override;
  // 0 at the end, else 1: how many lines are left is not known without reading them.
  int64_t Lag(const TopicPartition& from) const override;
  // One record a position to `state_topic`, partition 0, key "<source>/<path>"; none for standard
  // input.
  Status SavePositions(Transaction& transaction, std::span<const Position> positions) override;

  // The path behind a partition, "-" for standard input; empty when there is no such partition.
  std::string_view PathOf(int32_t partition) const;

 private:
  struct File;
  FileConsumer(FileSourceOptions options, const Clock& clock);
  File* Find(const TopicPartition& from);
  const File* Find(const TopicPartition& from) const;
  Status NoSuch(const TopicPartition& from) const;

  const FileSourceOptions options_;
  const Clock& clock_;
  std::map<int32_t, std::unique_ptr<File>> files_;
  bool announced_ = false;
};

}  // namespace bongsu
