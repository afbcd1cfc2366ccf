#include "engine/telemetry/logging.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "engine/core/time.h"
#include "engine/json/reader.h"

using namespace bongsu;

namespace {

class Count final : public Metrics::Counter {
 public:
  void Add(double delta) override { value += delta; }
  double value = 0;
};

struct Fixture {
  std::ostringstream out;
  Count errors;
  std::shared_ptr<spdlog::logger> Make(const std::string& level, const std::string& format) {
    return MakeLogger({level, format, "bongsu"}, &out, &errors).value();
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a hostile message is one line of JSON that reads back equal") {
  const std::string hostile = "\"}\n{\"message\":\"forged\"}\r\n\t\\ \x1b[31m \x01 {} %s 김";
  Make("info", "json")->info("{}", hostile);
  REQUIRE(Lines().size() == 1);
  JsonReader reader;
  const auto line = reader.Parse(Lines()[0]);
  REQUIRE(line);
  CHECK(line->Find("message")->AsString() == hostile);
  CHECK(line->Find("log.level")->AsString() == "info");
  CHECK(line->Find("service.name")->AsString() == "bongsu");
  CHECK(line->Find("event.dataset")->AsString() == "bongsu.log");
  CHECK(line->Find("ecs.version")->is_string());
  CHECK(line->Find("process.thread.id")->is_number());
  CHECK(ParseRfc3339(line->Find("@timestamp")->AsString()).ok());
  CHECK_FALSE(line->Find("error.message"));
}

TEST_CASE_METHOD(Fixture, "bytes that are no UTF-8 still make valid JSON") {
  Make("info", "json")->info("{}", "a\xff\xc3z");
  JsonReader reader;
  REQUIRE(reader.Parse(Lines().at(0)));
}

TEST_CASE_METHOD(Fixture, "errors are counted and carry error.message, warnings are not") {
  const auto logger = Make("info", "json");
  logger->warn("careful");
  logger->error("broken");
  logger->critical("gone");
  CHECK(errors.value == 2);
  CHECK(Lines().at(1).find(R"("error.message":"broken")") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "what is below the level is not written") {
  const auto logger = Make("warning", "json");
  logger->info("quiet");
  CHECK(Lines().empty());
}

TEST_CASE_METHOD(Fixture, "text lets no message forge a line or move the cursor") {
  Make("info", "text")->error("a\nb\x1b[2J");
  REQUIRE(Lines().size() == 1);
  CHECK(Lines()[0].ends_with(R"( error a\x0ab\x1b[2J)"));
}

TEST_CASE_METHOD(Fixture, "lines of several threads do not mix") {
  const auto logger = Make("info", "json");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) logger->info("message {}", i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  JsonReader reader;
  CHECK(Lines().size() == 800);
  for (const std::string& line : Lines()) CHECK(reader.Parse(line));
}

TEST_CASE("unknown levels and formats are refused with the choices") {
  std::ostringstream out;
  const Status level = MakeLogger({"loud", "json", "b"}, &out, nullptr).status();
  CHECK(level.code() == Code::kInvalid);
  CHECK(level.message().find("\"loud\"") != std::string::npos);
  const Status format = MakeLogger({"info", "xml", "b"}, &out, nullptr).status();
  CHECK(format.message().find("choose json or text") != std::string::npos);
  CHECK(MakeLogger({"off", "json", "b"}, &out, nullptr).ok());
}
