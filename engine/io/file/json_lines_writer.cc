#include "engine/io/file/json_lines_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {

Result<std::unique_ptr<JsonLinesWriter>> JsonLinesWriter::Make(std::string path) {
  const std::string partial = path + ".partial";
  std::FILE* file = std::fopen(partial.c_str(), "we");
  if (file == nullptr) {
    return Status::Invalid(StrCat(partial, ": cannot be written: ", std::strerror(errno)));
  }
  return std::unique_ptr<JsonLinesWriter>(new JsonLinesWriter(std::move(path), file));
}

JsonLinesWriter::JsonLinesWriter(std::string path, std::FILE* file)
    : path_(std::move(path)), partial_(path_ + ".partial"), file_(file) {}

JsonLinesWriter::~JsonLinesWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  unlink(partial_.c_str());
}

Status JsonLinesWriter::Failed(std::string_view what) const {
  return Status::Unavailable(StrCat(partial_, ": cannot be ", what, ": ", std::strerror(errno)));
}

Status JsonLinesWriter::Append(std::string_view line) {
  if (file_ == nullptr) return Status::Invalid(StrCat(path_, ": is already finished"));
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() ||
      std::fputc('\n', file_) == EOF) {
    return Failed("written");
  }
  return Status::Ok();
}

Status JsonLinesWriter::Finish() {
  if (file_ == nullptr) return Status::Invalid(StrCat(path_, ": is already finished"));
  if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0) return Failed("written");
  const int closed = std::fclose(std::exchange(file_, nullptr));
  if (closed != 0 || std::rename(partial_.c_str(), path_.c_str()) != 0) {
    const Status failed = Failed("finished");
    unlink(partial_.c_str());
    return failed;
  }
  return Status::Ok();
}

}  // namespace bongsu
