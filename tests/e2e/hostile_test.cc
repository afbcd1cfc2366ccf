// Input made to break the engine becomes dead letters, whole and with its place; its neighbours
// pass.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/support/hostile_events.h"

namespace bongsu::e2e {
namespace {

using Headers = std::map<std::string, std::string>;

Headers HeadersOf(const TestRecord& record) {
  return {record.headers.begin(), record.headers.end()};
}

// Every n-th, so that all kinds are among at least a hundred; and the largest that a broker takes.
std::vector<HostileEvent> Chosen() {
  std::vector<HostileEvent> all = HostileEvents(), chosen;
  const size_t step = std::max<size_t>(1, all.size() / 110);
  for (size_t i = 0; i < all.size(); i += step) chosen.push_back(std::move(all[i]));
  // Bytes that do not compress: brokers measure what arrives.
  std::minstd_rand random(1);
  std::string noise(4u << 20, '\0');
  for (char& byte : noise) byte = static_cast<char>(random() >> 8);
  chosen.push_back({"4 MiB of noise", std::move(noise), ""});
  chosen.push_back({"nothing but zeros", std::string(2000, '\0'), "json"});
  return chosen;
}

std::string Neighbour(size_t number) {
  std::string event = GoodEvent();
  const std::string id = "\"e-1\"";
  return event.replace(event.find(id), id.size(), StrCat("\"good-", number, "\""));
}

}  // namespace

TEST_CASE("hostile input over Kafka: each a dead letter, none a crash, neighbours pass") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "hostile");
  const Setup setup = bench.NewSetup("all");
  bench.CreateTopics(setup);
  REQUIRE(
      broker->CreateTopic("hostile.source", kPartitions, {{"max.message.bytes", "8388608"}}).ok());
  const std::vector<HostileEvent> hostile = Chosen();
  REQUIRE(hostile.size() >= 100);
  std::vector<TestRecord> records;
  for (size_t i = 0; i < hostile.size(); ++i) {
    const auto partition = static_cast<int32_t>(i % kPartitions);
    records.push_back({partition, 0, "k", hostile[i].bytes, {}});
    records.push_back({partition, 0, "k", Neighbour(i), {}});
  }
  records.push_back({0, 0, "k", std::nullopt, {}});  // A tombstone.
  REQUIRE(broker->Produce("hostile.source", records).ok());

  const auto engine = bench.Run(setup, "ingest,score");
  bench.AwaitLagZero("hostile.ingest", "hostile.source");
  bench.AwaitLagZero("hostile.score", "hostile.events");
  EndInOrder(*engine);

  std::map<std::string, TestRecord> dead;  // By "<partition>:<offset>" in the source.
  for (const TestRecord& letter : bench.Read("hostile.dead-letters")) {
    const Headers headers = HeadersOf(letter);
    CHECK(headers.at("topic") == "hostile.source");
    CHECK_FALSE(headers.at("reason").empty());
    CHECK_FALSE(headers.at("message").empty());
    dead.emplace(StrCat(headers.at("partition"), ':', headers.at("offset")), letter);
  }
  size_t neighbours = 0;
  for (const TestRecord& event : bench.Read("hostile.events")) {
    neighbours += event.value && event.value->find("\"good-") != std::string::npos;
  }
  CHECK(neighbours == hostile.size());
  for (size_t i = 0; i < hostile.size(); ++i) {
    const std::string place = StrCat(i % kPartitions, ':', i / kPartitions * 2);
    INFO(hostile[i].name << " at " << place);
    REQUIRE(dead.contains(place));
    CHECK((dead.at(place).value.value_or("") == hostile[i].bytes));
    if (!hostile[i].reason.empty() && hostile[i].bytes.size() < (1u << 20)) {
      CHECK(HeadersOf(dead.at(place)).at("reason") == hostile[i].reason);
    }
  }
  CHECK(dead.size() == hostile.size() + 1);
}

// BONGSU_BAD_RECORDS=1000000 for the long run; one reader's memory holds all of them.
TEST_CASE("bad input at rate, killed on the way: each in the dead letters once") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const char* const wanted = std::getenv("BONGSU_BAD_RECORDS");
  const size_t count = wanted != nullptr ? std::stoul(wanted) : 20'000;
  Bench bench(broker, "badrate");
  const Setup setup = bench.NewSetup("all");
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic("badrate.source", kPartitions).ok());
  std::vector<HostileEvent> hostile = HostileEvents();
  std::erase_if(hostile, [](const HostileEvent& each) { return each.bytes.size() > 4000; });
  REQUIRE(hostile.size() > 100);

  auto engine = bench.Run(setup, "ingest");
  constexpr size_t kAtOnce = 20'000;
  for (size_t sent = 0; sent < count;) {
    std::vector<TestRecord> records;
    for (; records.size() < kAtOnce && sent < count; ++sent) {
      records.push_back({static_cast<int32_t>(sent % kPartitions),
                         0,
                         "k",
                         hostile[sent % hostile.size()].bytes,
                         {}});
    }
    REQUIRE(broker->Produce("badrate.source", records).ok());
    if (sent > count / 2 && sent <= count / 2 + kAtOnce) {
      REQUIRE(engine->Kill());
      engine = bench.Run(setup, "ingest");
    }
  }
  bench.AwaitLagZero("badrate.ingest", "badrate.source");
  EndInOrder(*engine);

  std::vector<std::vector<bool>> dead(kPartitions, std::vector<bool>(count / kPartitions + 1));
  size_t letters = 0;
  for (const TestRecord& letter : bench.Read("badrate.dead-letters")) {
    const Headers headers = HeadersOf(letter);
    auto place = dead.at(std::stoul(headers.at("partition"))).at(std::stoul(headers.at("offset")));
    REQUIRE_FALSE(place);
    place = true;
    ++letters;
  }
  CHECK(letters == count);
}

}  // namespace bongsu::e2e
