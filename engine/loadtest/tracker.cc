#include "engine/loadtest/tracker.h"

#include <algorithm>

namespace bongsu::loadtest {

void Tracker::Add(const Sent& sent) {
  ++open_;
  if (ingesting_.empty()) {
    scoring_[static_cast<size_t>(sent.partition)].push_back({sent, sent.offset + 1});
  } else {
    ingesting_[static_cast<size_t>(sent.partition)].push_back(sent);
  }
}

void Tracker::Ingested(std::span<const int64_t> positions, std::span<const int64_t> ends,
                       const Done& done) {
  for (size_t p = 0; p < ingesting_.size() && p < positions.size(); ++p) {
    std::deque<Sent>& queue = ingesting_[p];
    for (; !queue.empty() && queue.front().offset < positions[p]; queue.pop_front()) {
      const Sent& sent = queue.front();
      if (sent.bad) {
        --open_;
        done(sent);
        continue;
      }
      const auto to = static_cast<size_t>(sent.scored_in);
      // The last record before the end is the marker of a transaction, which no position waits for.
      scoring_[to].push_back({sent, ends[to] - 1});
    }
  }
}

void Tracker::Scored(std::span<const int64_t> positions, const Done& done) {
  for (size_t p = 0; p < scoring_.size() && p < positions.size(); ++p) {
    std::deque<Waiting>& queue = scoring_[p];
    for (; !queue.empty() && queue.front().until <= positions[p]; queue.pop_front()) {
      --open_;
      done(queue.front().sent);
    }
  }
}

int64_t Tracker::OldestDue(int64_t otherwise) const {
  int64_t oldest = otherwise;
  for (const auto& queue : ingesting_) {
    if (!queue.empty()) oldest = std::min(oldest, queue.front().due);
  }
  for (const auto& queue : scoring_) {
    if (!queue.empty()) oldest = std::min(oldest, queue.front().sent.due);
  }
  return oldest;
}

void Tracker::ForEachOpen(const Done& visit) const {
  for (const auto& queue : ingesting_) std::for_each(queue.begin(), queue.end(), visit);
  for (const auto& queue : scoring_) {
    for (const Waiting& waiting : queue) visit(waiting.sent);
  }
}

}  // namespace bongsu::loadtest
