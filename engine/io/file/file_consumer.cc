#include "engine/io/file/file_consumer.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "engine/base/strings.h"
#include "engine/io/file/byte_source.h"
#include "engine/io/file/record_file.h"

namespace bongsu {
namespace {

constexpr std::string_view kStandardInput = "-";
constexpr size_t kBatchBytes = size_t{4} << 20;  // A poll ends after these, whatever `max` says.

class FileBatch final : public RecordBatch {
 public:
  std::span<const Record> records() const override { return records_; }
  void Clear() override {
    records_.clear();
    entries_.clear();
    bytes_.clear();
  }
  void Add(const RecordFile::Item& item) {
    entries_.push_back({item.offset, item.bytes.size(), item.broken.size()});
    bytes_.append(item.bytes).append(item.broken);
  }
  // The bytes stand still from here on.
  void Seal(Timestamp now) {
    const char* at = bytes_.data();
    for (const Entry& entry : entries_) {
      Record& record = records_.emplace_back();
      record.offset = entry.offset;
      record.timestamp = now;
      record.value = std::string_view(at, entry.size);
      record.broken = std::string_view(at + entry.size, entry.broken);
      at += entry.size + entry.broken;
    }
  }
  size_t bytes() const { return bytes_.size(); }

 private:
  struct Entry {
    int64_t offset;
    size_t size, broken;
  };
  std::vector<Record> records_;
  std::vector<Entry> entries_;
  std::string bytes_;
};

Status Expand(const std::string& pattern, std::set<std::string>* paths) {
  glob_t found{};
  const int code = glob(pattern.c_str(), GLOB_MARK | GLOB_BRACE | GLOB_TILDE, nullptr, &found);
  if (code != 0) {
    globfree(&found);
    if (code == GLOB_NOMATCH) {
      return Status::NotFound(StrCat("files: \"", pattern, "\" matches no file; check the path"));
    }
    return Status::Unavailable(StrCat("files: \"", pattern, "\" cannot be looked up"));
  }
  for (size_t i = 0; i < found.gl_pathc; ++i) {
    const std::string_view path = found.gl_pathv[i];
    if (!path.ends_with('/')) {
      paths->insert(std::filesystem::path(path).lexically_normal().string());
    }
  }
  globfree(&found);
  return Status::Ok();
}

}  // namespace

struct FileConsumer::File {
  std::string path;
  std::optional<int64_t> known;  // The committed position.
  bool listed = false;           // Known from before, but not among the files of today: false.
  bool assigned = false, at_end = false;
  int64_t next = 0;
  std::unique_ptr<RecordFile> reader;
};

FileConsumer::FileConsumer(FileSourceOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {}
FileConsumer::~FileConsumer() = default;

Result<std::unique_ptr<FileConsumer>> FileConsumer::Make(FileSourceOptions options,
                                                         std::vector<FileCursor> known,
                                                         const Clock& clock) {
  if (options.stdin_fd >= 0 && !options.files.empty()) {
    return Status::Invalid("files: expected files or standard input, got both; use two sources");
  }
  std::unique_ptr<FileConsumer> consumer(new FileConsumer(std::move(options), clock));
  auto& files = consumer->files_;
  if (consumer->options_.stdin_fd >= 0) {
    files[0] = std::make_unique<File>();
    files[0]->path = kStandardInput;
    files[0]->listed = true;
    return consumer;
  }
  std::set<std::string> paths;
  for (const std::string& pattern : consumer->options_.files) {
    BONGSU_RETURN_IF_ERROR(Expand(pattern, &paths));
  }
  for (FileCursor& cursor : known) {
    std::unique_ptr<File>& file = files[cursor.partition];
    if (file && file->path != cursor.path) {
      return Status::Corrupt(StrCat("files: cursors of \"", file->path, "\" and \"", cursor.path,
                                    "\" have the same partition ", cursor.partition));
    }
    if (!file) file = std::make_unique<File>();
    file->listed = paths.erase(cursor.path) > 0 || file->listed;
    file->path = std::move(cursor.path);
    file->known = cursor.next;
  }
  int32_t number = 0;
  for (const std::string& path : paths) {
    while (files.contains(number)) ++number;
    files[number] = std::make_unique<File>();
    files[number]->path = path;
    files[number]->listed = true;
  }
  return consumer;
}

FileConsumer::File* FileConsumer::Find(const TopicPartition& from) {
  return const_cast<File*>(std::as_const(*this).Find(from));
}

const FileConsumer::File* FileConsumer::Find(const TopicPartition& from) const {
  const auto at = files_.find(from.partition);
  if (from.topic != options_.name || at == files_.end() || !at->second->listed) return nullptr;
  return at->second.get();
}

Status FileConsumer::NoSuch(const TopicPartition& from) const {
  return Status::NotFound(
      StrCat("source ", options_.name, ": has no partition ", from.topic, '-', from.partition));
}

Status FileConsumer::Join() {
  return Status::Ok();
}

Result<AssignmentChange> FileConsumer::PollAssignment(Duration) {
  AssignmentChange change;
  if (std::exchange(announced_, true)) return change;
  for (const auto& [number, file] : files_) {
    if (file->listed) change.gained.push_back({options_.name, number});
  }
  return change;
}

Result<std::vector<CommittedPosition>> FileConsumer::Committed(std::span<const TopicPartition> from,
                                                               Duration /*timeout*/) {
  std::vector<CommittedPosition> positions;
  for (const TopicPartition& each : from) {
    const File* file = Find(each);
    if (file == nullptr) return NoSuch(each);
    positions.push_back({true, file->known});
  }
  return positions;
}

Status FileConsumer::Assign(const TopicPartition& from, std::optional<int64_t> next) {
  File* file = Find(from);
  if (file == nullptr) return NoSuch(from);
  if (next.value_or(0) > 0 && options_.stdin_fd >= 0) {
    return Status::Invalid(StrCat("source ", options_.name,
                                  ": standard input cannot be resumed; use a file or a topic"));
  }
  file->assigned = true;
  file->at_end = false;
  file->next = next.value_or(0);
  file->reader.reset();
  return Status::Ok();
}

Status FileConsumer::Poll(const TopicPartition& from, size_t max, Duration timeout,
                          RecordBatch* batch) {
  auto* out = static_cast<FileBatch*>(batch);
  out->Clear();
  File* file = Find(from);
  if (file == nullptr || !file->assigned) return NoSuch(from);
  if (file->at_end) return Status::Ok();
  if (!file->reader) {
    std::unique_ptr<ByteSource> source;
    if (options_.stdin_fd >= 0) {
      source = ByteSource::FromDescriptor(options_.stdin_fd, "standard input");
    } else {
      BONGSU_ASSIGN_OR_RETURN(source, ByteSource::Open(file->path));
    }
    auto reader = std::make_unique<RecordFile>(std::move(source), options_.max_record);
    if (const Status status = reader->Resume(file->next); !status.ok()) {
      return Status(status.code(), StrCat(file->path, ": ", status.message()));
    }
    file->reader = std::move(reader);
  }
  RecordFile::Item item;
  for (size_t count = 0; count < max && out->bytes() < kBatchBytes; ++count) {
    BONGSU_ASSIGN_OR_RETURN(const bool got,
                            file->reader->Next(count == 0 ? timeout : Duration(0), &item));
    if (!got) {
      file->at_end = file->reader->state() == ByteSource::Got::kEnd;
      break;
    }
    out->Add(item);
  }
  if (file->at_end) file->reader.reset();
  out->Seal(clock_.Now());
  return Status::Ok();
}

std::unique_ptr<RecordBatch> FileConsumer::NewBatch() {
  return std::make_unique<FileBatch>();
}

// Files never wait; standard input waits in Poll.
void FileConsumer::Wait(Duration) {}

bool FileConsumer::AtEnd(const TopicPartition& from) const {
  const File* file = Find(from);
  return file == nullptr || file->at_end;
}

int64_t FileConsumer::Lag(const TopicPartition& from) const {
  return AtEnd(from) ? 0 : 1;
}

Status FileConsumer::SavePositions(Transaction& transaction, std::span<const Position> positions) {
  if (options_.state_topic.empty() || options_.stdin_fd >= 0) return Status::Ok();
  for (const Position& position : positions) {
    const File* file = Find(position.from);
    if (file == nullptr) return NoSuch(position.from);
    const FileCursor cursor{file->path, position.from.partition, position.next};
    BONGSU_RETURN_IF_ERROR(transaction.Append(options_.state_topic, 0,
                                              FileCursorKey(options_.name, file->path),
                                              EncodeFileCursor(cursor), {}));
  }
  return Status::Ok();
}

std::string_view FileConsumer::PathOf(int32_t partition) const {
  const auto at = files_.find(partition);
  return at == files_.end() ? std::string_view() : std::string_view(at->second->path);
}

}  // namespace bongsu
