// A version of the configuration takes effect at its place in the stream, and nowhere else.
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/strings.h"
#include "engine/pipeline/score_shard.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

PartsOptions Other() {
  PartsOptions other;
  other.more_slots = {{"more", 16}};  // Every slot moves.
  other.model_weight = 0.5;           // And the model starts cold.
  return other;
}

Bank::Options WithVersions(size_t max_records = 10'000) {
  Bank::Options options;
  options.max_records = max_records;
  options.versions["two"] = Other();
  PartsOptions third;
  third.model_weight = 0.5;
  options.versions["three"] = third;
  return options;
}

// Alerts before, between and after two changes; repeated events and timers over them.
const std::vector<std::string> kStream = {
    "1 ann VIEW 1",   "2 ann VIEW 2",      "3 bob WAIT 3",    "4 ann VIEW 4",  "5 bob VIEW 5",
    "version two",    "5 bob VIEW 5",      "6 ann VIEW 6",    "7 ann VIEW 7",  "8 ann VIEW 8",
    "9 bob VIEW 9",   "10 cho VIEW 10",    "11 cho BOOM 11",  "version three", "12 cho VIEW 12",
    "13 cho VIEW 13", "14 ann VIEW 14000", "15 ann VIEW 15 b"};

std::string Clean() {
  Bank bank(WithVersions());
  bank.Send(kStream);
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("alerts").size() == 4);
  return bank.Everything();
}

TEST_CASE("what comes of a change does not depend on where batches end") {
  const std::string clean = Clean();
  for (const size_t max_records : {1, 2, 3, 5, 7}) {
    CAPTURE(max_records);
    Bank bank(WithVersions(max_records));
    bank.Send(kStream);
    REQUIRE(bank.RunScore().ok());
    CHECK(bank.Everything() == clean);
  }
  for (size_t split = 1; split < kStream.size(); ++split) {
    CAPTURE(split);
    Bank bank(WithVersions());
    const auto middle = kStream.begin() + static_cast<std::ptrdiff_t>(split);
    bank.Send({kStream.begin(), middle});
    REQUIRE(bank.RunScore().ok());
    bank.Send({middle, kStream.end()});
    REQUIRE(bank.RunScore().ok());  // Opened again.
    CHECK(bank.Everything() == clean);
  }
}

TEST_CASE("a batch with a change in it that is aborted, lost or in doubt is as if it never was") {
  const std::string clean = Clean();
  for (const bool shared : {false, true}) {
    for (const Fault fault : {Fault::kAborted, Fault::kUnknownAborted, Fault::kUnknownCommitted,
                              Fault::kFenced, Fault::kRebalanced}) {
      for (int nth = 1; nth <= 7; ++nth) {
        CAPTURE(shared, static_cast<int>(fault), nth);
        Bank::Options options = WithVersions(3);
        options.shared = shared;
        Bank bank(options);
        bank.log().FailAt(Call::kCommit, nth, fault);
        bank.Send(kStream);
        REQUIRE(bank.RunScore().ok());
        CHECK(bank.log().failed());
        CHECK(bank.Everything() == clean);
      }
    }
  }
}

TEST_CASE("features that both versions have keep what they remember, others start empty") {
  Bank bank(WithVersions());
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2", "version two", "3 ann VIEW 3"});
  REQUIRE(bank.RunScore().ok());
  const auto alerts = bank.Read("alerts");
  REQUIRE(alerts.size() == 1);  // The third of hers.
  // With the model of the first version it would have learned two events; this one is cold.
  CHECK_THAT(alerts[0], Catch::Contains("alert ann app:0:3:0"));
  const auto said = [&](const std::string& words) {
    return std::any_of(bank.notes.begin(), bank.notes.end(), [&](const std::string& note) {
      return note.find(words) != std::string::npos;
    });
  };
  CHECK(said("configuration two is in force in bongsu.events-0 from offset"));
  CHECK(said("start empty: more; dropped: none"));
  CHECK(said("starts cold: its parameters or inputs changed"));
}

TEST_CASE("models are told with the version that is in force") {
  Bank::Options options = WithVersions();
  options.partitions = 1;
  Bank bank(options);
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2"});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.metrics["model_info{model=folding}{version=own}"] == 1);
  bank.Send({"version two", "3 ann VIEW 3"});
  REQUIRE(bank.RunScore().ok());
  CHECK(std::isnan(bank.metrics["model_info{model=folding}{version=own}"]));
  CHECK(bank.metrics["model_info{model=folding}{version=two}"] == 1);
}

TEST_CASE("whatever a process's own file says, it goes on with the version in force") {
  Bank bank(WithVersions());
  bank.Send({kStream.begin(), kStream.begin() + 9});
  REQUIRE(bank.RunScore().ok());
  bank.options.parts.model_weight = 0.25;  // A file that nobody has announced.
  bank.Send({kStream.begin() + 9, kStream.end()});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Everything() == Clean());
}

TEST_CASE("a version that cannot be had stops the partition at its place until it can") {
  Bank bank(WithVersions());
  const PartsOptions two = bank.options.versions["two"];
  bank.options.versions.erase("two");
  bank.Send(kStream);
  int sleeps = 0;
  bank.clock.on_sleep = nullptr;
  bank.log().on_wait = nullptr;
  {
    ScoreFactory factory = bank.NewFactory();
    WorkerOptions options;
    options.name = options.transactional_id = "score-0";
    options.min_interval = Duration(0);
    const std::string topics[] = {"bongsu.events"};
    Worker worker(
        options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
        factory, bank.clock, bank.metrics,
        [&](std::string_view reason) { bank.reports.emplace_back(reason); });
    std::stop_source stop;
    bank.clock.on_sleep = [&] {
      if (++sleeps == 3) stop.request_stop();
    };
    CHECK(worker.Run(stop.get_token()).ok());
    bank.clock.on_sleep = nullptr;
  }
  CHECK(std::count(bank.reports.begin(), bank.reports.end(), "no artifact of two") == 3);
  bank.options.versions["two"] = two;
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Everything() == Clean());
}

TEST_CASE("versions of another deployment mean nothing here; one without a digest is refused") {
  Bank bank;
  bank.Send({"version two", "1 ann VIEW 1"});
  bank.SendTo(0, "{}", {{kTypeHeader, kVersion}});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.metrics["events_scored_total"] == 1);
  CHECK(bank.metrics["control_events_total{kind=version}"] == 3);
  CHECK_THAT(bank.Read("dead-letters").at(0), Catch::Contains("reason=control field=digest"));
}

TEST_CASE("an alert's receipt has the person and the models as they were before the event") {
  Bank::Options options;
  options.partitions = 1;
  options.parts.receipts = true;
  Bank bank(options);
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2"});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("receipts").empty());
  const std::string before = bank.StateOf(0);
  bank.Send({"3 ann VIEW 3", "4 ann VIEW 3"});
  REQUIRE(bank.RunScore().ok());
  const auto receipts = bank.Read("receipts");
  REQUIRE(receipts.size() == 1);
  CHECK_THAT(receipts[0], Catch::StartsWith("0 receipt/ann alert ann app:0:3:0 "));
  CHECK_THAT(receipts[0], Catch::Contains("| 3 ann VIEW 3 late 0 at 3000"));
  CHECK_THAT(receipts[0], Catch::Contains(" f=2 "));  // She had two.
  const std::string model = receipts[0].substr(receipts[0].find("folding=") + 8);
  CHECK_THAT(before, Catch::Contains(model));
  const size_t profile = receipts[0].find(" u=") + 3;
  CHECK_THAT(before, Catch::Contains(
                         receipts[0].substr(profile, receipts[0].find(' ', profile) - profile)));
}

}  // namespace
}  // namespace bongsu
