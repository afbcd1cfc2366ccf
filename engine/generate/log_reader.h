// Reads a log of canonical events for injection: JSON lines of one or more files, merged by time
// (each file keeps its own order). Never trusts its input: what is no event is an error with file
// and record. One thread; memory is one line a file.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/generate/access_event.h"
#include "engine/json/reader.h"

namespace bongsu {

// The lines of one file. Whoever opens files implements it.
class LineReader {
 public:
  virtual ~LineReader() = default;
  // False at the end. The line lives until the next call.
  virtual Result<bool> Next(std::string_view* line) = 0;
};

// A file that can be read again and again: injection does so three times.
struct LineFile {
  std::string name;
  std::function<Result<std::unique_ptr<LineReader>>()> open;
};

// One canonical event, checked as far as injection needs it.
class AccessEventParser {
 public:
  // Views live until the next call. kInvalid with the member and what was expected.
  Status Parse(std::string_view json, AccessEvent* event);

 private:
  JsonReader reader_;
};

class LogReader {
 public:
  static Result<std::unique_ptr<LogReader>> Open(const std::vector<LineFile>& files);

  // The event with the lowest time at the head of a file; of equal ones that of the first file.
  // `line` are its bytes as read. Both live until the next call. False at the end.
  Result<bool> Next(AccessEvent* event, std::string_view* line);

 private:
  struct Head {
    std::string name;
    std::unique_ptr<LineReader> reader;
    AccessEventParser parser;
    int64_t record = 0;
    std::string_view line;
    AccessEvent event;
    bool ended = false;
  };
  static Status Advance(Head* head);

  std::deque<Head> heads_;
  Head* current_ = nullptr;  // Whose event was given out last.
};

}  // namespace bongsu
