// From what the broker says to when an event's result was committed. The loader sends to one topic
// and learns each record's offset; it then asks, again and again, how far the groups have come. An
// event sent to the input of scoring is done when the score group's committed position has passed
// it. One sent to a source first has to be passed by the ingest group; it then lies somewhere
// before the end of its partition of the input as that end stood afterwards, and is done when the
// score group has passed that. So an event is never done too early, and too late by at most one
// round of questions. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace bongsu::loadtest {

struct Sent {
  int64_t due = 0;     // Microseconds.
  int64_t offset = 0;  // In its partition of the topic it was sent to.
  int32_t partition = 0;
  int32_t scored_in = 0;  // The partition of the input of scoring that it goes to.
  bool bad = false;       // Ends as a dead letter.
};

class Tracker final {
 public:
  using Done = std::function<void(const Sent&)>;
  // `sources` partitions of the source topic, 0: events go straight to the input of scoring.
  Tracker(size_t sources, size_t inputs) : ingesting_(sources), scoring_(inputs) {}

  // In the order of offsets within a partition.
  void Add(const Sent& sent);
  // Where the ingest group stood, and where the input ended (for committed readers) after that.
  // What a bad event was to become it now is.
  void Ingested(std::span<const int64_t> positions, std::span<const int64_t> ends,
                const Done& done);
  // Where the score group stands.
  void Scored(std::span<const int64_t> positions, const Done& done);
  int64_t open() const { return open_; }
  // The due time of the oldest that is open; `otherwise` without one.
  int64_t OldestDue(int64_t otherwise) const;
  void ForEachOpen(const Done& visit) const;

 private:
  struct Waiting {
    Sent sent;
    int64_t until = 0;  // Done at this position.
  };
  std::vector<std::deque<Sent>> ingesting_;
  std::vector<std::deque<Waiting>> scoring_;
  int64_t open_ = 0;
};

}  // namespace bongsu::loadtest
