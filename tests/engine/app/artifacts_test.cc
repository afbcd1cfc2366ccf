// Artifacts are found by name, in a topic and in the archive that followed it.
#include "engine/app/artifacts.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/app/ingest_state.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"
#include "engine/core/clock.h"
#include "engine/io/embedded/embedded_log.h"
#include "engine/io/file/archive_sink.h"
#include "state/memory/memory_store.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

struct Site {
  TempDir dir;
  MemoryKeyValueStore store;
  SystemClock clock;
  std::unique_ptr<EmbeddedLog> log =
      *EmbeddedLog::Make(store, {{"a", 1, false, true}, {"r", 2}, {"s", 1, false, true}}, clock);
  std::unique_ptr<Producer> producer = *log->NewProducer("test");

  void Send(const std::string& topic, int32_t partition, std::string_view key,
            std::string_view value) {
    auto transaction = *producer->Begin();
    REQUIRE(transaction->Append(topic, partition, key, value, {}).ok());
    REQUIRE(transaction->Commit(std::chrono::seconds(1)) == Outcome::kCommitted);
  }
  void SendArtifact(std::string_view name, std::string_view bytes) {
    ForEachPart(name, bytes,
                [&](const std::string& key, std::string_view part) { Send("a", 0, key, part); });
  }
};

TEST_CASE("a large artifact goes in parts, and comes back whole from topic and archive") {
  Site site;
  std::string large(kLargestPart * 2 + 5, 'x');
  for (size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  const std::string exact(kLargestPart, 'y');
  site.SendArtifact("table/large", large);
  site.SendArtifact("table/exact", exact);
  site.SendArtifact("table/empty", "");
  site.Send("r", 1, "receipt/u/1", "{}");
  CHECK(site.log->Offsets({"a", 0})->end == 5);
  const std::vector<std::string> names = {"table/large", "table/exact", "table/empty",
                                          "table/missing"};
  const auto archive = ArchiveSink::Open(*site.log, {"a", "r"}, site.dir.File("archive"));
  REQUIRE(archive.ok());
  while (*(*archive)->Step() > 0) {
  }
  for (const auto& found :
       {ReadArtifactTopic(*site.log, "a", names), ReadArchive(site.dir.File("archive"), names)}) {
    REQUIRE(found.ok());
    CHECK(found->size() == 3);
    CHECK((found->at("table/large") == large));
    CHECK((found->at("table/exact") == exact));
    CHECK(found->at("table/empty").empty());
  }
  const std::vector<std::string> receipt = {"receipt/u/1"};
  CHECK(ReadArtifactTopic(*site.log, "r", receipt)->size() == 1);
  CHECK(ReadArtifactTopic(*site.log, "r", receipt, 0)->empty());
  CHECK(ReadArchive(site.dir.File("archive"), receipt)->size() == 1);
  CHECK(ReadArchive(site.dir.File("nowhere"), names).status().code() == Code::kNotFound);
}

TEST_CASE("the state of ingest tells cursors, versions and artifacts from signatures") {
  Site site;
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"version", "old"},
                                                        {"version", "new"},
                                                        {"version@one", "old"},
                                                        {"version@a/b", "new"},
                                                        {"artifact@config/new", ""},
                                                        {"bongsu.ingest-topics", ""},
                                                        {"some/signature", ""}}) {
    site.Send("s", 0, key, value);
  }
  const auto state = ReadIngestState(*site.log, "s");
  INFO(state.status().message());
  REQUIRE(state.ok());
  CHECK(state->version == "new");
  CHECK(state->versions == std::map<std::string, std::string>{{"one", "old"}, {"a/b", "new"}});
  CHECK(state->artifacts == std::set<std::string>{"config/new"});
  CHECK(state->cursors.empty());
}

}  // namespace
}  // namespace bongsu
