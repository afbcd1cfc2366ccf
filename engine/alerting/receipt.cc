#include "engine/alerting/receipt.h"

#include <map>
#include <utility>

#include "engine/alerting/ocsf.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"
#include "engine/crypto/digest.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr int64_t kFormat = 1;
constexpr std::string_view kDigestMember = ",\"digest\":\"";
constexpr size_t kDigestDigits = 64;
// Of event time: what a receipt names must not leave the topic long before it.
constexpr Duration kAgain = std::chrono::hours(24);

class JsonReceipts final : public ReceiptEncoder {
 public:
  explicit JsonReceipts(ReceiptOptions options) : options_(std::move(options)) {}

  void Encode(const Alert& alert, std::string_view alert_json, const Receipt& receipt,
              const Add& add) override {
    const std::string uid =
        FindingUid(options_.tenant, alert.detector, alert.user, alert.cause.origin());
    json_.clear();
    JsonWriter json(&json_);
    json.BeginObject().Key("version").Int(kFormat).Key("alert").String(uid);
    json.Key("revision").Int(alert.revision).Key("alert_digest").String(Sha256Hex(alert_json));
    json.Key("release").String(options_.release);
    json.Key("config_digest").String(options_.config_digest);
    json.Key("partitions").Int(options_.partitions).Key("user").String(alert.user);
    WriteCause(receipt, &json);
    json.Key("person").BeginObject();
    for (const Receipt::Entry& entry : receipt.person)
      json.Key(entry.name).String(HexEncode(entry.bytes));
    json.EndObject().Key("models").BeginArray();
    for (const Receipt::ModelEntry& model : receipt.models) {
      const std::string& digest = Write(model, receipt.time, add);
      json.BeginObject().Key("name").String(model.name).Key("digest").String(digest).EndObject();
    }
    json.EndArray();
    const std::string digest = Sha256Hex(json_);
    json_.append(kDigestMember).append(digest).append("\"}");
    add(ReceiptName(uid, alert.revision), json_);
  }

 private:
  struct Written {
    std::shared_ptr<const std::string> snapshot;
    std::string digest;
    Timestamp until;
  };
  // Once until the model changes, or kAgain has gone by; its digest.
  const std::string& Write(const Receipt::ModelEntry& model, Timestamp now, const Add& add) {
    Written& last = written_[model.name];
    const bool old = now >= last.until;
    if (last.snapshot == model.snapshot && !old) return last.digest;
    last.snapshot = model.snapshot;
    std::string digest = Sha256Hex(*model.snapshot);
    if (digest == last.digest && !old) return last.digest;
    ForEachPart(StrCat(kModelArtifact, digest), *model.snapshot, add);
    last.digest = std::move(digest);
    last.until = now + kAgain;
    return last.digest;
  }
  static void WriteCause(const Receipt& receipt, JsonWriter* json) {
    if (receipt.timer.empty()) {
      json->Key("event").BeginObject().Key("json").String(receipt.event);
      json->Key("origin").String(FormatOrigin(receipt.origin.origin()));
      json->Key("late").Bool(receipt.late).Key("offset").Int(receipt.offset).EndObject();
    } else {
      json->Key("timer").BeginObject().Key("operator").String(receipt.timer).EndObject();
    }
    json->Key("time").Int(receipt.time.time_since_epoch().count());
  }

  const ReceiptOptions options_;
  std::map<std::string, Written> written_;  // By model.
  std::string json_;
};

std::optional<std::string> HexDecode(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (error != std::errc() || end != hex.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return hex.size() % 2 == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

// Reads members and remembers whether any was missing or of another kind.
class Members final {
 public:
  Members(JsonValue object, bool* good) : object_(object), good_(good) {}
  std::string Text(std::string_view key) {
    const std::optional<JsonValue> value = Of(key);
    return value && Want(value->is_string()) ? std::string(value->AsString()) : std::string();
  }
  int64_t Int(std::string_view key) {
    const std::optional<JsonValue> value = Of(key);
    return value && Want(value->kind() == JsonValue::Kind::kInt) ? value->AsInt() : 0;
  }
  bool Bool(std::string_view key) {
    const std::optional<JsonValue> value = Of(key);
    return value && Want(value->kind() == JsonValue::Kind::kBool) && value->AsBool();
  }

 private:
  std::optional<JsonValue> Of(std::string_view key) {
    const std::optional<JsonValue> value = object_.Find(key);
    Want(value.has_value());
    return value;
  }
  bool Want(bool that) { return that || (*good_ = false); }
  const JsonValue object_;
  bool* const good_;
};

// Ends with the digest of all before it.
bool IsWhole(std::string_view json) {
  const size_t tail = kDigestMember.size() + kDigestDigits + 2;
  if (json.size() < tail) return false;
  const std::string_view body = json.substr(0, json.size() - tail);
  return json.substr(body.size()) == StrCat(kDigestMember, Sha256Hex(body), "\"}");
}

void ReadCause(JsonValue root, Receipt* receipt, bool* good) {
  receipt->time = Timestamp(Duration(Members(root, good).Int("time")));
  if (const std::optional<JsonValue> timer = root.Find("timer")) {
    receipt->timer = Members(*timer, good).Text("operator");
    return;
  }
  const std::optional<JsonValue> event = root.Find("event");
  if (!event || !event->is_object()) {
    *good = false;
    return;
  }
  Members members(*event, good);
  receipt->event = members.Text("json");
  receipt->late = members.Bool("late");
  receipt->offset = members.Int("offset");
  const std::string text = members.Text("origin");
  const Result<Origin> origin = ParseOrigin(text);
  if (!origin.ok()) {
    *good = false;
    return;
  }
  receipt->origin = {std::string(origin->source), origin->partition, origin->offset, origin->index};
}

void ReadState(JsonValue root, StoredReceipt* stored, bool* good) {
  const std::optional<JsonValue> person = root.Find("person"), models = root.Find("models");
  if (!person || !person->is_object() || !models || !models->is_array()) {
    *good = false;
    return;
  }
  for (const auto& [kind, value] : person->members()) {
    std::optional<std::string> bytes;
    if (value.is_string()) bytes = HexDecode(value.AsString());
    *good = *good && bytes && kind.size() == 1;
    stored->receipt.person.push_back({std::string(kind), bytes.value_or("")});
  }
  for (const JsonValue item : models->items()) {
    Members model(item, good);
    stored->models.push_back({model.Text("name"), model.Text("digest")});
  }
}

}  // namespace

std::unique_ptr<ReceiptEncoder> MakeReceiptEncoder(ReceiptOptions options) {
  return std::make_unique<JsonReceipts>(std::move(options));
}

Result<StoredReceipt> ParseReceipt(std::string_view json) {
  if (!IsWhole(json)) {
    return Status::Corrupt("the receipt is not as it was written: its digest does not fit");
  }
  JsonReader reader({64u << 20, 64, true});
  const std::optional<JsonValue> root = reader.Parse(json);
  bool good = root && root->is_object();
  StoredReceipt stored;
  if (good) {
    Members members(*root, &good);
    if (const int64_t format = members.Int("version"); good && format > kFormat) {
      return Status::Invalid(StrCat("the receipt has format ", format, ", this release reads ",
                                    kFormat, "; run the release that wrote it, or a later one"));
    }
    stored.alert = members.Text("alert");
    stored.alert_digest = members.Text("alert_digest");
    stored.release = members.Text("release");
    stored.config_digest = members.Text("config_digest");
    stored.user = members.Text("user");
    stored.revision = static_cast<uint32_t>(members.Int("revision"));
    stored.partitions = static_cast<int32_t>(members.Int("partitions"));
    ReadCause(*root, &stored.receipt, &good);
    ReadState(*root, &stored, &good);
  }
  if (!good) return Status::Corrupt("the receipt is not one: a member is missing or no such thing");
  return stored;
}

}  // namespace bongsu
