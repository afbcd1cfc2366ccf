// Who says which version of the configuration is in force, and when.
#include "engine/pipeline/announcer.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

using Lines = std::vector<std::string>;

class Listing final : public Transaction {
 public:
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header>) override {
    lines.push_back(StrCat(topic, "/", partition, " ", key, "=", value.value_or("(none)")));
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration) override { return Outcome::kCommitted; }
  Lines lines;
};

struct Rig {
  explicit Rig(std::string seen) : in_force(seen) {
    Announcer::Options options;
    options.event_partitions = 2;
    options.instance = "one";
    options.in_force = [this] { return in_force; };
    options.notify = [this](std::string_view note) { notes.emplace_back(note); };
    announcer = std::make_unique<Announcer>(std::move(options), std::move(seen));
  }
  void Want(const std::string& digest) {
    announcer->Announce({digest, {{"config/" + digest, "body"}}, {"config/" + digest}}, in_force);
  }
  Lines Turn(bool writes_control = true) const {
    Outputs outputs;
    announcer->OnTurn(writes_control, &outputs);
    Listing out;
    REQUIRE(outputs.AppendTo(out).ok());
    return out.lines;
  }
  std::string in_force;
  Lines notes;
  std::unique_ptr<Announcer> announcer;
};

const std::string kEvent = R"( ={"kind":"version","digest":"new"})";

TEST_CASE("a version goes out whole: its artifacts, an event to every partition, what is kept") {
  Rig rig("old");
  rig.Want("new");
  const Lines said = {"bongsu.artifacts/0 config/new=body",
                      "bongsu.ingest-state/0 artifact@config/new=",
                      "bongsu.ingest-state/0 version@one=new",
                      "bongsu.events/0" + kEvent,
                      "bongsu.events/1" + kEvent,
                      "bongsu.ingest-state/0 version=new"};
  CHECK(rig.Turn() == said);
  CHECK(rig.Turn().empty());
  rig.announcer->OnReset();
  CHECK(rig.Turn() == said);  // It may be lost.
  rig.announcer->OnCommitted();
  rig.announcer->OnReset();
  CHECK(rig.Turn().empty());
}

TEST_CASE("who does not write control events waits until it does") {
  Rig rig("old");
  rig.Want("new");
  CHECK(rig.Turn(false).empty());
  REQUIRE(rig.announcer->Gained().ok());
  CHECK(rig.Turn().size() == 6);
}

TEST_CASE("what another has announced in the meantime stays in force") {
  Rig rig("old");
  rig.Want("new");
  rig.in_force = "newest";
  REQUIRE(rig.announcer->Gained().ok());
  CHECK(rig.Turn() == Lines{"bongsu.ingest-state/0 version@one=new"});  // It had its say.
  rig.announcer->OnCommitted();
  CHECK(rig.Turn().empty());
  REQUIRE(rig.notes.size() == 1);
  CHECK_THAT(rig.notes[0], Catch::Contains("another process has announced newest"));
  rig.Want("new");  // Asked to.
  CHECK(rig.Turn().size() == 6);
}

TEST_CASE("a commit whose outcome was unknown and that was done is not said as news") {
  Rig rig("old");
  rig.Want("new");
  CHECK(rig.Turn().size() == 6);
  rig.announcer->OnReset();
  rig.in_force = "new";
  REQUIRE(rig.announcer->Gained().ok());
  CHECK(rig.Turn() == Lines{"bongsu.ingest-state/0 version@one=new"});
  rig.announcer->OnCommitted();
  CHECK(rig.Turn().empty());
  CHECK(rig.notes == Lines{"announcing configuration new"});
}

TEST_CASE("the way back, asked for before the way there is committed, is gone afterwards") {
  Rig rig("old");
  rig.Want("new");
  CHECK(rig.Turn().size() == 6);
  rig.Want("old");
  CHECK(rig.Turn().empty());  // One after the other.
  rig.announcer->OnCommitted();
  const Lines said = rig.Turn();
  REQUIRE(said.size() == 6);
  CHECK(said[5] == "bongsu.ingest-state/0 version=old");
}

TEST_CASE("an instance remembers what it ran with, whoever writes control events") {
  Rig rig("old");
  rig.announcer->Remember("old");
  CHECK(rig.Turn(false) == Lines{"bongsu.ingest-state/0 version@one=old"});
  rig.announcer->OnReset();
  CHECK(rig.Turn(false).size() == 1);
  rig.announcer->OnCommitted();
  CHECK(rig.Turn(false).empty());
}

}  // namespace
}  // namespace bongsu
