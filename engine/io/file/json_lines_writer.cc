#include "engine/io/file/json_lines_writer.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {

Result<std::unique_ptr<JsonLinesWriter>> JsonLinesWriter::Make(std::string path) {
  std::error_code error;
  if (std::filesystem::is_symlink(path, error)) {
    const std::filesystem::path leads_to = std::filesystem::weakly_canonical(path, error);
    if (!error) path = leads_to.string();
  }
  // A new name would take the place of a device instead of writing to it.
  const bool file_or_new =
      std::filesystem::is_regular_file(path, error) || !std::filesystem::exists(path, error);
  const std::string partial = file_or_new ? path + ".partial" : path;
  std::FILE* file = std::fopen(partial.c_str(), "we");
  if (file == nullptr) {
    return Status::Invalid(StrCat(partial, ": cannot be written: ", std::strerror(errno)));
  }
  std::unique_ptr<JsonLinesWriter> writer(new JsonLinesWriter(std::move(path), partial, file));
  if (!writer->path_.ends_with(".gz")) return writer;
  // The lowest level: events come faster than a higher one takes them.
  const int descriptor = dup(fileno(file));
  writer->gzip_ = descriptor < 0 ? nullptr : gzdopen(descriptor, "wb1");
  if (writer->gzip_ != nullptr) return writer;
  if (descriptor >= 0) close(descriptor);
  return writer->Failed("compressed");
}

JsonLinesWriter::JsonLinesWriter(std::string path, std::string partial, std::FILE* file)
    : path_(std::move(path)), partial_(std::move(partial)), file_(file) {}

JsonLinesWriter::~JsonLinesWriter() {
  if (file_ == nullptr) return;
  if (gzip_ != nullptr) gzclose_w(gzip_);
  std::fclose(file_);
  if (partial_ != path_) unlink(partial_.c_str());
}

Status JsonLinesWriter::Failed(std::string_view what) const {
  return Status::Unavailable(StrCat(partial_, ": cannot be ", what, ": ", std::strerror(errno)));
}

Status JsonLinesWriter::Append(std::string_view line) {
  if (file_ == nullptr) return Status::Invalid(StrCat(path_, ": is already finished"));
  return Write(line) && Write("\n") ? Status::Ok() : Failed("written");
}

bool JsonLinesWriter::Write(std::string_view bytes) {
  if (gzip_ == nullptr) return std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size();
  return gzfwrite(bytes.data(), 1, bytes.size(), gzip_) == bytes.size();
}

Status JsonLinesWriter::Finish() {
  if (file_ == nullptr) return Status::Invalid(StrCat(path_, ": is already finished"));
  if (gzip_ != nullptr && gzclose_w(std::exchange(gzip_, nullptr)) != Z_OK) {
    return Failed("compressed");
  }
  if (std::fflush(file_) != 0) return Failed("written");
  if (partial_ == path_) {
    return std::fclose(std::exchange(file_, nullptr)) == 0 ? Status::Ok() : Failed("written");
  }
  if (fsync(fileno(file_)) != 0) return Failed("written");
  const int closed = std::fclose(std::exchange(file_, nullptr));
  if (closed != 0 || std::rename(partial_.c_str(), path_.c_str()) != 0) {
    const Status failed = Failed("finished");
    unlink(partial_.c_str());
    return failed;
  }
  return Status::Ok();
}

}  // namespace bongsu
