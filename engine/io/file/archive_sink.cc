#include "engine/io/file/archive_sink.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_./";

// A key that stays inside the directory.
bool IsFileName(std::string_view key) {
  return !key.empty() && key.front() != '/' && key.front() != '.' && key.back() != '/' &&
         key.find_first_not_of(kLetters) == std::string_view::npos &&
         key.find("..") == std::string_view::npos && key.find("/.") == std::string_view::npos;
}

std::string NameOf(const TopicPartition& from) {
  return StrCat(from.topic, '-', from.partition);
}

Status Failed(const std::string& path) {
  const std::string reason = std::strerror(errno);
  return Status::Unavailable(StrCat("archive: ", path, " cannot be written: ", reason));
}

// Whole, or not at all.
Status WriteFile(const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    return Failed(fresh);
  out.close();
  std::error_code error;
  std::filesystem::permissions(
      fresh, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  return std::rename(fresh.c_str(), path.c_str()) == 0 ? Status::Ok() : Failed(path);
}

}  // namespace

Result<std::unique_ptr<ArchiveSink>> ArchiveSink::Open(Log& log,
                                                       const std::vector<std::string>& topics,
                                                       std::string directory) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  std::unique_ptr<ArchiveSink> sink(new ArchiveSink(std::move(directory)));
  for (const std::string& topic : topics) {
    BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log.Partitions(topic));
    for (int32_t p = 0; p < partitions; ++p) {
      sink->followed_.push_back({{topic, p}, nullptr, nullptr, 0});
    }
  }
  BONGSU_RETURN_IF_ERROR(sink->LoadCursor());
  for (Followed& followed : sink->followed_) {
    BONGSU_ASSIGN_OR_RETURN(followed.reader, log.NewReader(followed.from, followed.next));
    followed.batch = followed.reader->NewBatch();
  }
  return sink;
}

// "<partition> <next>" a line.
Status ArchiveSink::LoadCursor() {
  std::ifstream in(directory_ + "/.cursor");
  std::string name;
  int64_t next = 0;
  while (in >> name >> next) {
    bool known = false;
    for (Followed& followed : followed_) {
      if (NameOf(followed.from) != name) continue;
      followed.next = next;
      known = true;
    }
    if (known) continue;
    return Status::Invalid(StrCat("archive: ", directory_, "/.cursor is of ", name,
                                  ", which is not followed; name another directory"));
  }
  return Status::Ok();
}

Status ArchiveSink::SaveCursor() const {
  std::string lines;
  for (const Followed& followed : followed_)
    lines += StrCat(NameOf(followed.from), ' ', followed.next, '\n');
  return WriteFile(directory_ + "/.cursor", lines);
}

Status ArchiveSink::Store(const Record& record) const {
  if (!IsFileName(record.key)) {
    spdlog::warn("archive: a record at offset {} has no name of a file; it is left out",
                 record.offset);
    return Status::Ok();
  }
  const std::string path = StrCat(directory_, '/', record.key);
  std::error_code error;
  if (std::filesystem::file_size(path, error) == record.value.size() && !error) return Status::Ok();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  return WriteFile(path, record.value);
}

Result<int64_t> ArchiveSink::Step() {
  int64_t count = 0;
  for (Followed& followed : followed_) {
    bool at_end = false;
    followed.batch->Clear();
    BONGSU_RETURN_IF_ERROR(followed.reader->Poll(Duration(0), followed.batch.get(), &at_end));
    for (const Record& record : followed.batch->records()) BONGSU_RETURN_IF_ERROR(Store(record));
    count += static_cast<int64_t>(followed.batch->records().size());
    followed.next = followed.reader->next();
  }
  if (count > 0) BONGSU_RETURN_IF_ERROR(SaveCursor());
  return count;
}

}  // namespace bongsu
