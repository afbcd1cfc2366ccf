#include "engine/io/file/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "engine/base/strings.h"

namespace bongsu {

Result<std::unique_ptr<FileSink>> FileSink::Open(Log& log, const std::string& topic,
                                                 std::string path) {
  std::unique_ptr<FileSink> sink(new FileSink(std::move(path)));
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log.Partitions(topic));
  BONGSU_RETURN_IF_ERROR(sink->LoadCursor(static_cast<size_t>(partitions)));
  BONGSU_RETURN_IF_ERROR(sink->OpenFile());
  for (int32_t partition = 0; partition < partitions; ++partition) {
    Followed& followed = sink->followed_[static_cast<size_t>(partition)];
    BONGSU_ASSIGN_OR_RETURN(followed.reader, log.NewReader({topic, partition}, followed.next));
    followed.batch = followed.reader->NewBatch();
  }
  return sink;
}

FileSink::~FileSink() {
  if (file_ >= 0) close(file_);
}

Status FileSink::Failed(std::string_view what) const {
  const std::string reason = std::strerror(errno);
  return Status::Unavailable(StrCat("file sink: ", path_, " cannot be ", what, ": ", reason));
}

// "<size> <next of partition 0> <next of partition 1> …"
Status FileSink::LoadCursor(size_t partitions) {
  followed_.resize(partitions);
  std::ifstream in(path_ + ".cursor");
  if (!in) return Status::Ok();  // New.
  in >> size_;
  for (Followed& followed : followed_) in >> followed.next;
  if (in) return Status::Ok();
  return Status::Invalid(StrCat("file sink: ", path_, ".cursor is not for a topic of ", partitions,
                                " partitions; move it and ", path_, " away"));
}

Status FileSink::OpenFile() {
  file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return Failed("opened");
  struct stat info {};
  if (fstat(file_, &info) != 0) return Failed("looked at");
  if (info.st_size < size_) {
    return Status::Invalid(StrCat("file sink: ", path_, " is shorter than its cursor says; move ",
                                  path_, ".cursor away to write all lines again"));
  }
  if (ftruncate(file_, size_) != 0) return Failed("cut to its cursor");
  if (lseek(file_, size_, SEEK_SET) < 0) return Failed("positioned");
  return Status::Ok();
}

Result<int64_t> FileSink::Step() {
  int64_t count = 0;
  lines_.clear();
  for (Followed& followed : followed_) {
    bool at_end = false;
    followed.batch->Clear();
    BONGSU_RETURN_IF_ERROR(followed.reader->Poll(Duration(0), followed.batch.get(), &at_end));
    for (const Record& record : followed.batch->records())
      lines_.append(record.value).push_back('\n');
    count += static_cast<int64_t>(followed.batch->records().size());
    followed.next = followed.reader->next();
  }
  if (count == 0) return count;
  for (size_t done = 0; done < lines_.size();) {
    const ssize_t wrote = write(file_, lines_.data() + done, lines_.size() - done);
    if (wrote < 0 && errno != EINTR) return Failed("written");
    if (wrote > 0) done += static_cast<size_t>(wrote);
  }
  size_ += static_cast<int64_t>(lines_.size());
  BONGSU_RETURN_IF_ERROR(SaveCursor());
  return count;
}

Status FileSink::SaveCursor() {
  const std::string cursor = path_ + ".cursor";
  {
    std::ofstream out(cursor + ".new", std::ios::trunc);
    out << size_;
    for (const Followed& followed : followed_) out << ' ' << followed.next;
    if (!out.flush()) return Failed("given a cursor");
  }
  if (std::rename((cursor + ".new").c_str(), cursor.c_str()) != 0) return Failed("given a cursor");
  return Status::Ok();
}

}  // namespace bongsu
