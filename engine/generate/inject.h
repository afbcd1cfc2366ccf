// Plants insiders in a log of yours: learns what is normal for its people, and puts the same six
// kinds (plant.h) on some of them. The original lines come out byte for byte and in their order,
// with the planted events between them in the order of time.
//
// The log is read three times: a survey of who is in it and what belongs to whom, the habits of
// those who come into question, and the output. Memory: about 150 bytes a person and a resource. A
// resource belongs to the department that uses it most; a day begins in the middle of the four
// hours of the day (UTC) with the fewest events. Insiders act in the last third of the days of the
// log. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/generate/bank.h"
#include "engine/generate/labels.h"
#include "engine/generate/log_reader.h"
#include "engine/generate/plant.h"

namespace bongsu {

class Injection {
 public:
  // Surveys and plants. kInvalid with file and record for what is no event, or when the log is
  // empty; then what a file says when it cannot be read.
  static Result<Injection> Make(const PlantOptions& options, std::vector<LineFile> files);

  // By person.
  const std::vector<Label>& labels() const { return labels_; }
  // What was not planted and why, a line each.
  const std::vector<std::string>& missing() const { return missing_; }
  Status ForEachEvent(const EventVisitor& visit) const;

 private:
  explicit Injection(std::vector<LineFile> files, uint64_t seed)
      : files_(std::move(files)), seed_(seed) {}

  std::vector<LineFile> files_;
  uint64_t seed_;
  std::vector<Label> labels_;
  std::vector<PlantedEvent> planted_;
  std::vector<std::string> missing_;
};

}  // namespace bongsu
