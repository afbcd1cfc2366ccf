#include "engine/io/file/file_sink.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "engine/core/clock.h"
#include "engine/io/embedded/embedded_log.h"
#include "state/memory/memory_store.h"
#include "tests/support/temp_dir.h"

using namespace bongsu;

namespace {

struct Fixture {
  TempDir dir;
  MemoryKeyValueStore store;
  SystemClock clock;
  std::unique_ptr<EmbeddedLog> log = *EmbeddedLog::Make(store, {{"alerts", 2, false}}, clock);
  std::unique_ptr<Producer> producer = *log->NewProducer("test");
  const std::string path = dir.path() + "/alerts.jsonl";

  void Send(int32_t partition, const std::string& value) {
    auto transaction = *producer->Begin();
    REQUIRE(transaction->Append("alerts", partition, "k", value, {}).ok());
    REQUIRE(transaction->Commit(std::chrono::seconds(1)) == Outcome::kCommitted);
  }
  std::string Content() const {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
};

}  // namespace

TEST_CASE("a file sink appends what is new and goes on after a restart") {
  Fixture f;
  f.Send(0, "a");
  f.Send(1, "b");
  {
    auto sink = *FileSink::Open(*f.log, "alerts", f.path);
    CHECK(*sink->Step() == 2);
    CHECK(*sink->Step() == 0);
    CHECK(f.Content() == "a\nb\n");
  }
  f.Send(0, "c");
  auto sink = *FileSink::Open(*f.log, "alerts", f.path);
  CHECK(*sink->Step() == 1);
  CHECK(f.Content() == "a\nb\nc\n");
}

TEST_CASE("lines after the cursor are written again, once") {
  Fixture f;
  f.Send(0, "a");
  CHECK(*(*FileSink::Open(*f.log, "alerts", f.path))->Step() == 1);
  std::ofstream(f.path, std::ios::app) << "half of a line that a crash left";
  f.Send(1, "b");
  CHECK(*(*FileSink::Open(*f.log, "alerts", f.path))->Step() == 1);
  CHECK(f.Content() == "a\nb\n");
}

TEST_CASE("a file that does not fit its cursor is refused with the remedy") {
  Fixture f;
  f.Send(0, "a");
  CHECK(*(*FileSink::Open(*f.log, "alerts", f.path))->Step() == 1);
  std::ofstream(f.path, std::ios::trunc).flush();
  const Status status = FileSink::Open(*f.log, "alerts", f.path).status();
  CHECK(status.code() == Code::kInvalid);
  CHECK(status.message().find("move") != std::string::npos);
}
