// Alerts of a generated bank, made again from an archive with everything else gone.
#include "engine/app/reproduce.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "engine/crypto/digest.h"
#include "tests/support/command.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::string Text(const std::string& json, const std::string& key) {
  const size_t at = json.find(StrCat("\"", key, "\":\""));
  REQUIRE(at != std::string::npos);
  const size_t begin = at + key.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

// A bank run embedded, twice: the second time with another configuration and more events. Then its
// data directory is gone.
struct Bank {
  Bank() {
    ::setenv("BONGSU_LEARNING", "0s", 1);
    const Ran made =
        RunCommand(RegisterGenerate, {"generate", "--people", "150", "--days", "12", "--out",
                                      dir.File("all.jsonl"), "--tables", dir.File("tables")});
    INFO(made.err);
    REQUIRE(made.code == 0);
    ::setenv("BONGSU_TABLES", dir.File("tables").c_str(), 1);
    const std::vector<std::string> events = Lines(dir.File("all.jsonl"));
    std::ofstream first(dir.File("in-1.jsonl")), second(dir.File("in-2.jsonl.later"));
    for (size_t i = 0; i < events.size(); ++i)
      (i < events.size() / 2 ? first : second) << events[i] << "\n";
    first.close();
    second.close();
    Run("decide: {threshold: 25, cooldown: 10m}\n");
    before = Lines(dir.File("alerts.jsonl")).size();
    std::filesystem::rename(dir.File("in-2.jsonl.later"), dir.File("in-2.jsonl"));
    Run("decide: {threshold: 28, cooldown: 20m}\n"
        "features: [{name: more, sum: rows, window: 1h}]\n"
        "score: {risk: {half_life: 6h}}\n");
    alerts = Lines(dir.File("alerts.jsonl"));
    std::filesystem::remove_all(dir.File("data"));
    std::filesystem::remove_all(dir.File("tables"));
    ::unsetenv("BONGSU_TABLES");
    ::unsetenv("BONGSU_LEARNING");
  }
  void Run(const std::string& more) const {
    std::ofstream(dir.File("bongsu.yaml"))
        << "include: [\"" << BONGSU_SOURCE_DIR << "/deploy/config/behaviour.yaml\"]\n"
        << "data_dir: " << dir.File("data") << "\n"
        << "http: {ops: {listen: \"\"}}\n"
        << "sources: [{name: access, files: [\"in-*.jsonl\"]}]\n"
        << "sinks: {alerts_file: " << dir.File("alerts.jsonl")
        << ", archive: " << dir.File("archive") << "}\n"
        << more;
    const ProgramResult ran =
        RunProgram({{BONGSU_PROGRAM, "run", "-c", dir.File("bongsu.yaml"), "--exit-at-end"},
                    dir.File("run.log"),
                    {},
                    false,
                    {}});
    INFO(ran.output);
    REQUIRE(ran.exit_code == 0);
  }
  FetchArtifacts Archive() const {
    return [this](const std::vector<std::string>& names) {
      return ReadArchive(dir.File("archive"), names);
    };
  }
  Ran Reproduce(const std::string& alert, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"reproduce", alert, "--archive", dir.File("archive")};
    words.insert(words.end(), more.begin(), more.end());
    return RunCommand(RegisterReproduce, words);
  }
  std::string ReceiptOf(const std::string& alert) const {
    const AlertName name = *ParseAlertName(alert);
    return dir.File(StrCat("archive/receipt/", name.uid, "/", name.revision));
  }
  // One that an event caused, of before or after the change.
  const std::string& Created(bool after) const {
    const auto begin = alerts.begin() + static_cast<std::ptrdiff_t>(after ? before + 30 : 30);
    const auto found = std::find_if(begin, alerts.end(), [](const std::string& alert) {
      return alert.find("\"activity_id\":1,") != std::string::npos;
    });
    REQUIRE(found != alerts.end());
    return *found;
  }

  TempDir dir;
  size_t before = 0;
  std::vector<std::string> alerts;
};

const Bank& TheBank() {
  static const Bank bank;
  return bank;
}

TEST_CASE("every alert is made again, byte for byte, of both configurations") {
  const Bank& bank = TheBank();
  REQUIRE(bank.before > 60);
  REQUIRE(bank.alerts.size() > bank.before + 60);
  std::set<std::string> configurations, causes;
  size_t equal = 0, tried = 0;
  for (; tried < 100; ++tried) {  // Fifty of the beginning, fifty of the end.
    const size_t i = tried < 50 ? tried : bank.alerts.size() - 100 + tried;
    const Result<AlertName> name = ParseAlertName(bank.alerts[i]);
    REQUIRE(name.ok());
    const auto made = Reproduce(*name, bank.Archive());
    INFO(i << " " << made.status().message());
    REQUIRE(made.ok());
    REQUIRE(made->size() == 1);
    equal += made->front().equal ? 1 : 0;
    for (const std::string& difference : made->front().differences) UNSCOPED_INFO(difference);
    CHECK(made->front().equal);
    configurations.insert(made->front().config_digest);
    causes.insert(made->front().cause.substr(0, 5));
  }
  CHECK(tried == 100);
  CHECK(equal == 100);
  CHECK(configurations.size() == 2);
  CHECK(causes == std::set<std::string>{"event", "timer"});
}

TEST_CASE("reproduce takes a file or a uid, and answers with exit code, text and JSON") {
  const Bank& bank = TheBank();
  const std::string& alert = bank.Created(true);
  std::ofstream(bank.dir.File("alert.json")) << alert << "\n";
  const Ran file = bank.Reproduce(bank.dir.File("alert.json"));
  INFO(file.err);
  CHECK(file.code == 0);
  CHECK_THAT(file.out, Catch::Contains("revision 1, by the event access:") &&
                           Catch::Contains("reproduced, byte for byte"));
  const std::string uid = ParseAlertName(alert)->uid;
  const Ran all = bank.Reproduce(uid, {"--json"});
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Catch::StartsWith(StrCat(R"({"equal":true,"alert":")", uid, "\"")));
  CHECK(bank.Reproduce(uid + ".s1").code == 0);
  CHECK(bank.Reproduce(uid + ".s99").code == 1);
  CHECK(bank.Reproduce("nothing").code == 2);
  CHECK_THAT(bank.Reproduce(std::string(32, '0')).err, Catch::Contains("no receipt of alert"));
}

TEST_CASE("an alert that was changed is found out, member by member") {
  const Bank& bank = TheBank();
  std::string alert = bank.Created(false);
  const std::string risk = "\"risk_score\":";
  const size_t at = alert.find(risk) + risk.size();
  const std::string was = alert.substr(at, alert.find(',', at) - at);
  alert.replace(at, was.size(), "99");
  std::ofstream(bank.dir.File("changed.json")) << alert;
  const Ran ran = bank.Reproduce(bank.dir.File("changed.json"));
  CHECK(ran.code == 1);
  CHECK_THAT(ran.out, Catch::Contains("NOT reproduced") &&
                          Catch::Contains(StrCat("risk_score: 99 went out, ", was, " was made")));
}

// The file as it is afterwards again.
class Tampered final {
 public:
  Tampered(std::string path, const std::string& bytes) : path_(std::move(path)), was_(Read(path_)) {
    REQUIRE_FALSE(was_.empty());
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~Tampered() { std::ofstream(path_, std::ios::binary) << was_; }
  Tampered(const Tampered&) = delete;
  Tampered& operator=(const Tampered&) = delete;

 private:
  const std::string path_, was_;
};

TEST_CASE("a receipt, a model or a version that was changed is found out") {
  const Bank& bank = TheBank();
  const std::string& alert = bank.Created(true);
  const AlertName name = *ParseAlertName(alert);
  const std::string path = bank.ReceiptOf(alert), receipt = Read(path);
  const auto result = [&] { return Reproduce(name, bank.Archive()); };
  {
    std::string changed = receipt;
    changed[receipt.find("\"u\":\"") + 40] ^= 1;
    const Tampered tampered(path, changed);
    CHECK(result().status().code() == Code::kCorrupt);
  }
  {  // By somebody who makes its digest fit again.
    std::string body = receipt.substr(0, receipt.rfind(",\"digest\":"));
    const std::string resource = "\\\"action\\\":\\\"";
    const size_t at = body.find(resource);
    REQUIRE(at != std::string::npos);
    body.insert(at + resource.size(), "X");
    const Tampered tampered(path, StrCat(body, ",\"digest\":\"", Sha256Hex(body), "\"}"));
    const auto made = result();
    INFO(made.status().message());
    REQUIRE(made.ok());
    CHECK_FALSE(made->front().equal);
    CHECK_FALSE(made->front().differences.empty());
  }
  const std::string model =
      bank.dir.File("archive/model/" + Text(receipt.substr(receipt.find("\"models\"")), "digest"));
  {
    std::string bytes = Read(model);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    const Tampered tampered(model, bytes);
    CHECK(result().status().code() == Code::kCorrupt);
  }
  {
    const Tampered tampered(bank.ReceiptOf(alert), Read(bank.ReceiptOf(bank.Created(false))));
    CHECK(result().status().code() == Code::kCorrupt);  // That of another alert.
  }
  const std::string config = bank.dir.File("archive/config/" + Text(receipt, "config_digest"));
  std::filesystem::rename(config, config + ".away");
  CHECK(result().status().code() == Code::kNotFound);
  std::filesystem::rename(config + ".away", config);
  CHECK(result()->front().equal);
}

}  // namespace
}  // namespace bongsu
