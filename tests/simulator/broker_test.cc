// The model does what Kafka does, in the places that the protocol leans on.
#include "tests/simulator/broker.h"

#include <catch2/catch.hpp>

namespace bongsu::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Answer = Transactions::Answer;

const TopicPartition kTo{"t", 0};

struct Bench {
  Bench() { broker.MakeTopic("t", 2); }
  void Pass(Duration time) {
    world.Run([] { return false; }, world.now() + time);
  }
  int Init(const std::string& id) {
    for (;;) {
      if (const auto epoch = broker.transactions().Init(id, kSession)) return *epoch;
      Pass(milliseconds(10));
    }
  }
  Answer Send(const std::string& id, int epoch, const std::string& key,
              std::optional<std::string> value = "v") {
    int64_t offset = 0;
    return broker.Produce(id, epoch, kTo, std::make_shared<Payload>(Payload{key, value, {}}),
                          &offset);
  }
  void Commit(const std::string& id, int epoch) {
    REQUIRE(broker.transactions().End(id, epoch, true) == Answer::kOk);
    Pass(milliseconds(10));
  }
  std::string Committed() {
    std::string keys;
    for (const Entry& entry : log().entries()) {
      if (entry.kind == Entry::Kind::kCommitted) keys += entry.payload->key;
    }
    return keys;
  }
  PartitionLog& log() { return broker.log(kTo); }
  Host& NewHost(const std::string& name) {
    hosts.push_back({name, false, {}, {}, {}});
    return hosts.back();
  }

  World world{1, false};
  Broker broker{world};
  Group& group = broker.group("g");
  std::list<Host> hosts;
};

}  // namespace

TEST_CASE("an open transaction holds back what comes after it, and markers use up offsets") {
  Bench b;
  const int one = b.Init("one"), two = b.Init("two");
  CHECK(b.Send("one", one, "a") == Answer::kOk);
  CHECK(b.Send("two", two, "b") == Answer::kOk);
  b.Commit("two", two);
  CHECK(b.log().stable_end() == 0);
  CHECK(b.log().FirstOpen()->payload->key == "a");
  CHECK(b.log().end() == 3);
  b.Commit("one", one);
  CHECK(b.log().stable_end() == 4);
  CHECK(b.Committed() == "ab");
}

TEST_CASE("who initialises an id ends its transaction and fences its holder") {
  Bench b;
  const int before = b.Init("one");
  CHECK(b.Send("one", before, "a") == Answer::kOk);
  const int after = b.Init("one");
  CHECK(b.Send("one", before, "b") == Answer::kFenced);
  CHECK(b.broker.transactions().End("one", before, true) == Answer::kFenced);
  CHECK(b.Send("one", after, "c") == Answer::kOk);
  b.Commit("one", after);
  CHECK(b.Committed() == "c");
}

TEST_CASE("a commit that is decided is completed, whoever initialises the id") {
  Bench b;
  const int epoch = b.Init("one");
  CHECK(b.Send("one", epoch, "a") == Answer::kOk);
  CHECK(b.broker.transactions().End("one", epoch, true) == Answer::kOk);
  CHECK(!b.broker.transactions().Init("one", kSession));
  b.Init("one");
  CHECK(b.Committed() == "a");
}

TEST_CASE("the broker ends a transaction that is open for too long") {
  Bench b;
  const int epoch = b.Init("one");
  CHECK(b.Send("one", epoch, "a") == Answer::kOk);
  b.Pass(kSession - seconds(1));
  CHECK(b.log().FirstOpen() != nullptr);
  b.Pass(seconds(12));
  CHECK(b.log().FirstOpen() == nullptr);
  CHECK(b.Committed() == "");
  CHECK(b.Send("one", epoch, "b") == Answer::kFenced);
}

TEST_CASE("positions are settled when the marker has come, and refused from who is no owner") {
  Bench b;
  const int epoch = b.Init("one");
  const int64_t member = b.group.Join(b.NewHost("h"), "m", {"t"});
  CHECK(b.group.Check(member, "m", b.group.generation()) == Group::Refusal::kNone);
  CHECK(b.broker.transactions().AddPositions("one", epoch, "g") == Answer::kOk);
  b.group.Pend(b.broker.transactions().ProducerOf("one"), kTo, 7);
  CHECK(!b.group.Settled(kTo));
  CHECK(b.group.Settled({"t", 1}));
  b.Commit("one", epoch);
  CHECK(b.group.Settled(kTo));
  CHECK(b.group.Position(kTo) == 7);
  CHECK(b.group.Check(member, "m", b.group.generation() - 1) == Group::Refusal::kIllegalGeneration);
  b.group.Expel(*b.group.Find(member));
  CHECK(b.group.Check(member, "m", b.group.generation()) == Group::Refusal::kUnknownMember);
  b.group.Join(b.NewHost("i"), "m", {"t"});
  CHECK(b.group.Check(member, "m", b.group.generation()) == Group::Refusal::kFencedInstance);
}

TEST_CASE(
    "a static member that comes back in time has what it had; one that does not is replaced") {
  Bench b;
  Host& first = b.NewHost("h1");
  const int64_t one = b.group.Join(first, "m1", {"t"});
  const int64_t two = b.group.Join(b.NewHost("h2"), "m2", {"t"});
  CHECK(!b.group.stable());  // Until the one who had everything gives it up.
  b.group.Rejoin(one);
  CHECK(b.group.Find(one)->assigned == std::vector<TopicPartition>{kTo});
  const int generation = b.group.generation();
  b.group.Close(one);
  b.Pass(seconds(2));
  const int64_t again = b.group.Join(b.NewHost("h3"), "m1", {"t"});
  CHECK(b.group.generation() == generation);
  CHECK(b.group.Find(again)->assigned == std::vector<TopicPartition>{kTo});
  b.group.Close(again);
  b.Pass(kSession + seconds(1));
  CHECK(b.group.Find(again) == nullptr);
  b.group.Rejoin(two);
  CHECK(b.group.Find(two)->assigned.size() == 2);
}

TEST_CASE("compaction keeps the newest of a key, spares what is young, and takes tombstones late") {
  Bench b;
  const int epoch = b.Init("one");
  const auto write = [&](const std::string& key, std::optional<std::string> value) {
    REQUIRE(b.Send("one", epoch, key, std::move(value)) == Answer::kOk);
    b.Commit("one", epoch);
  };
  const auto compact = [&] { b.log().Compact(b.world.now(), kCompactionLag, kTombstonesStay); };
  write("a", "1");
  write("b", "1");
  write("a", "2");
  write("b", std::nullopt);
  compact();
  CHECK(b.Committed() == "abab");
  b.world.Jump(minutes(11));
  write("a", "3");
  compact();
  CHECK(b.Committed() == "aba");
  b.world.Jump(hours(24 * 8));
  compact();
  CHECK(b.Committed() == "a");
}

}  // namespace bongsu::sim
