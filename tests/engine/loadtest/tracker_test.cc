#include "engine/loadtest/tracker.h"

#include <catch2/catch.hpp>

namespace bongsu::loadtest {
namespace {

using Dues = std::vector<int64_t>;

Sent Event(int64_t due, int64_t offset, int32_t partition, int32_t scored_in = 0,
           bool bad = false) {
  return {due, offset, partition, scored_in, bad};
}

struct Collected {
  Dues dues;
  Tracker::Done done = [this](const Sent& sent) { dues.push_back(sent.due); };
};

}  // namespace

TEST_CASE("an event sent to scoring is done when the position has passed its offset") {
  Tracker tracker(0, 2);
  tracker.Add(Event(1, 10, 0));
  tracker.Add(Event(2, 11, 0));
  tracker.Add(Event(3, 10, 1));
  Collected got;
  tracker.Scored(std::vector<int64_t>{10, 10}, got.done);
  CHECK(got.dues.empty());
  CHECK(tracker.open() == 3);
  CHECK(tracker.OldestDue(99) == 1);
  tracker.Scored(std::vector<int64_t>{11, 10}, got.done);
  CHECK(got.dues == Dues{1});
  tracker.Scored(std::vector<int64_t>{12, 11}, got.done);
  CHECK(got.dues == Dues{1, 2, 3});
  CHECK(tracker.open() == 0);
  CHECK(tracker.OldestDue(99) == 99);
}

TEST_CASE("an event sent to a source is done when scoring has passed the end after its ingest") {
  Tracker tracker(1, 2);
  tracker.Add(Event(1, 5, 0, 0));
  tracker.Add(Event(2, 6, 0, 1));
  Collected got;
  tracker.Scored(std::vector<int64_t>{100, 100}, got.done);
  CHECK(got.dues.empty());  // It is not ingested, however far scoring is.
  // Ingest has passed the first; the input then ends at 101 with the marker of its transaction.
  tracker.Ingested(std::vector<int64_t>{6}, std::vector<int64_t>{102, 100}, got.done);
  tracker.Scored(std::vector<int64_t>{100, 100}, got.done);
  CHECK(got.dues.empty());
  tracker.Scored(std::vector<int64_t>{101, 100}, got.done);
  CHECK(got.dues == Dues{1});
  tracker.Ingested(std::vector<int64_t>{7}, std::vector<int64_t>{102, 105}, got.done);
  tracker.Scored(std::vector<int64_t>{101, 104}, got.done);
  CHECK(got.dues == Dues{1, 2});
}

TEST_CASE("one slow partition holds up no event of another") {
  Tracker tracker(1, 2);
  Collected got;
  tracker.Add(Event(1, 0, 0, 0));
  tracker.Add(Event(2, 1, 0, 1));
  tracker.Ingested(std::vector<int64_t>{2}, std::vector<int64_t>{2, 2}, got.done);
  tracker.Scored(std::vector<int64_t>{0, 1}, got.done);
  CHECK(got.dues == Dues{2});
  CHECK(tracker.OldestDue(0) == 0);
  CHECK(tracker.OldestDue(9) == 1);
}

TEST_CASE("a bad event is done when ingest has made a dead letter of it") {
  Tracker tracker(1, 1);
  Collected got;
  tracker.Add(Event(1, 0, 0, 0, true));
  tracker.Ingested(std::vector<int64_t>{0}, std::vector<int64_t>{0}, got.done);
  CHECK(got.dues.empty());
  tracker.Ingested(std::vector<int64_t>{1}, std::vector<int64_t>{0}, got.done);
  CHECK(got.dues == Dues{1});
}

TEST_CASE("what is open can be seen") {
  Tracker tracker(1, 1);
  Collected open, done;
  tracker.Add(Event(1, 0, 0));
  tracker.Add(Event(2, 1, 0));
  tracker.Ingested(std::vector<int64_t>{1}, std::vector<int64_t>{5}, done.done);
  tracker.ForEachOpen(open.done);
  CHECK(open.dues == Dues{2, 1});
}

}  // namespace bongsu::loadtest
