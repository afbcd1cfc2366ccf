// A receipt says what an alert was made from, and what has been changed in it is found.
#include "engine/alerting/receipt.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/alerting/ocsf.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"
#include "engine/crypto/digest.h"

namespace bongsu {
namespace {

Alert AnAlert() {
  Alert alert;
  alert.revision = 2;
  alert.user = "김";
  alert.detector = "extremes";
  alert.cause = {"db", 1, 17, 0};
  return alert;
}

std::shared_ptr<const std::string> Snapshot(std::string_view bytes) {
  return std::make_shared<const std::string>(bytes);
}

Receipt OfAnEvent() {
  Receipt receipt;
  receipt.time = FromMillis(1000);
  receipt.event = R"({"event_id":"é","rows":1})";
  receipt.origin = {"db", 1, 18, 3};
  receipt.late = true;
  receipt.offset = 812;
  receipt.person = {{"f", std::string("\0\xff", 2)}, {"u", "profile"}};
  receipt.models = {{"extremes.ecod", Snapshot("snapshot")}, {"extremes.tail", Snapshot("other")}};
  return receipt;
}

using Written = std::map<std::string, std::string>;

struct Encoder {
  Written Encode(const Receipt& receipt) const {
    Written written;
    encoder->Encode(
        AnAlert(), "{alert}", receipt,
        [&](std::string_view name, std::string_view bytes) { written.emplace(name, bytes); });
    return written;
  }
  std::unique_ptr<ReceiptEncoder> encoder = MakeReceiptEncoder({"bank", "1.2.3", "cafe", 4});
};

std::string NameOfAlert() {
  return ReceiptName(FindingUid("bank", "extremes", "김", {"db", 1, 17, 0}), 2);
}

TEST_CASE("a receipt comes back as it was written, its models as artifacts beside it") {
  const Written written = Encoder().Encode(OfAnEvent());
  REQUIRE(written.size() == 3);
  CHECK(written.at("model/" + Sha256Hex("snapshot")) == "snapshot");
  const auto back = ParseReceipt(written.at(NameOfAlert()));
  INFO(back.status().message());
  REQUIRE(back.ok());
  CHECK(back->revision == 2);
  CHECK(back->alert_digest == Sha256Hex("{alert}"));
  CHECK(back->release == "1.2.3");
  CHECK(back->config_digest == "cafe");
  CHECK(back->partitions == 4);
  CHECK(back->user == "김");
  const Receipt& receipt = back->receipt;
  CHECK(receipt.event == OfAnEvent().event);
  CHECK(FormatOrigin(receipt.origin.origin()) == "db:1:18:3");
  CHECK(receipt.late);
  CHECK(receipt.offset == 812);
  CHECK(receipt.time == FromMillis(1000));
  REQUIRE(receipt.person.size() == 2);
  CHECK((receipt.person[0].bytes == std::string("\0\xff", 2)));
  REQUIRE(back->models.size() == 2);
  CHECK(back->models[1].name == "extremes.tail");
  CHECK(back->models[1].digest == Sha256Hex("other"));
}

TEST_CASE("a timer's receipt names the operator") {
  Receipt receipt;
  receipt.timer = "decide";
  receipt.time = FromMillis(5);
  receipt.person = {{"u", "x"}};
  const auto back = ParseReceipt(Encoder().Encode(receipt).at(NameOfAlert()));
  REQUIRE(back.ok());
  CHECK(back->receipt.timer == "decide");
  CHECK(back->receipt.time == FromMillis(5));
  CHECK(back->models.empty());
}

TEST_CASE("a snapshot is written once, until the model has learned") {
  const Encoder encoder;
  Receipt receipt = OfAnEvent();
  CHECK(encoder.Encode(receipt).size() == 3);
  CHECK(encoder.Encode(receipt).size() == 1);
  receipt.models[1].snapshot = Snapshot("learned");
  CHECK(encoder.Encode(receipt).size() == 2);
  receipt.models[1].snapshot = Snapshot("learned");  // As it was, said again.
  CHECK(encoder.Encode(receipt).size() == 1);
}

TEST_CASE("a snapshot is written again after a day, for the topic forgets what is old") {
  const Encoder encoder;
  Receipt receipt = OfAnEvent();
  CHECK(encoder.Encode(receipt).size() == 3);
  receipt.time += std::chrono::hours(23);
  receipt.models[1].snapshot = Snapshot("learned");
  CHECK(encoder.Encode(receipt).size() == 2);
  receipt.time += std::chrono::hours(1);
  CHECK(encoder.Encode(receipt).size() == 2);  // Of the other model.
  CHECK(encoder.Encode(receipt).size() == 1);
}

TEST_CASE("no byte of a receipt can be changed, cut or added unseen") {
  const std::string json = Encoder().Encode(OfAnEvent()).at(NameOfAlert());
  for (size_t i = 0; i < json.size(); ++i) {
    std::string changed = json;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    REQUIRE(ParseReceipt(changed).status().code() == Code::kCorrupt);
    REQUIRE(ParseReceipt(json.substr(0, i)).status().code() == Code::kCorrupt);
  }
  CHECK(ParseReceipt(json + " ").status().code() == Code::kCorrupt);
}

// With a digest that fits again.
std::string Signed(const std::string& json, const std::string& from, const std::string& to) {
  std::string body = json.substr(0, json.rfind(",\"digest\":"));
  const size_t at = body.find(from);
  REQUIRE(at != std::string::npos);
  body.replace(at, from.size(), to);
  return StrCat(body, ",\"digest\":\"", Sha256Hex(body), "\"}");
}

TEST_CASE("what is signed but no receipt is refused, and one of a later release by name") {
  const std::string json = Encoder().Encode(OfAnEvent()).at(NameOfAlert());
  CHECK(ParseReceipt(Signed(json, "\"u\":\"", "\"u\":\"xyz")).status().code() == Code::kCorrupt);
  CHECK(ParseReceipt(Signed(json, "db:1:18:3", "nowhere")).status().code() == Code::kCorrupt);
  CHECK(ParseReceipt(Signed(json, "\"late\":true", "\"late\":1")).status().code() ==
        Code::kCorrupt);
  const Status later = ParseReceipt(Signed(json, "\"version\":1", "\"version\":2")).status();
  CHECK(later.code() == Code::kInvalid);
  CHECK_THAT(later.message(), Catch::Contains("run the release that wrote it"));
}

}  // namespace
}  // namespace bongsu
