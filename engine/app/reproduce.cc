#include "engine/app/reproduce.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "engine/alerting/ocsf.h"
#include "engine/alerting/receipt.h"
#include "engine/app/json_difference.h"
#include "engine/app/score_version.h"
#include "engine/app/version_body.h"
#include "engine/base/strings.h"
#include "engine/core/artifacts.h"
#include "engine/core/state_keys.h"
#include "engine/crypto/digest.h"
#include "engine/json/reader.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

bool IsUid(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "<uid>" or "<uid>.s<revision>".
bool ParseName(std::string_view text, AlertName* name) {
  const size_t dot = std::min(text.find('.'), text.size());
  name->uid = text.substr(0, dot);
  if (!IsUid(name->uid)) return false;
  if (dot == text.size()) return true;
  const std::string_view revision = text.substr(dot + 1);
  const char* const end = revision.data() + revision.size();
  if (revision.size() < 2 || revision.front() != 's') return false;
  const auto [parsed, error] = std::from_chars(revision.data() + 1, end, name->revision);
  return error == std::errc() && parsed == end && name->revision > 0;
}

// What a receipt names, and the receipt.
struct Material {
  StoredReceipt stored;
  std::shared_ptr<const EngineConfig> config;
  Artifacts models;  // By artifact name.
};

Result<Material> Gather(const StoredReceipt& stored, const FetchArtifacts& fetch) {
  Material material;
  material.stored = stored;
  BONGSU_ASSIGN_OR_RETURN(material.config,
                          FetchVersion(stored.config_digest, stored.partitions, fetch));
  std::vector<std::string> names;
  for (const StoredReceipt::Model& model : stored.models)
    names.push_back(StrCat(kModelArtifact, model.digest));
  if (names.empty()) return material;
  BONGSU_ASSIGN_OR_RETURN(material.models, fetch(names));
  for (const std::string& name : names) {
    const auto found = material.models.find(name);
    if (found == material.models.end())
      return Status::NotFound(StrCat("artifact ", name, " is missing"));
    if (Sha256Hex(found->second) != std::string_view(name).substr(kModelArtifact.size())) {
      return Status::Corrupt(StrCat("artifact ", name, " is not what its name says"));
    }
  }
  return material;
}

// The state as it was: of the one person, and of the models.
void PutState(const Material& material, const Pipeline& pipeline, StateStore& store) {
  const StoredReceipt& stored = material.stored;
  std::string key;
  for (const Receipt::Entry& entry : stored.receipt.person) {
    StateKey(entry.name.front(), stored.user, &key);
    store.Put(key, entry.bytes);
  }
  for (const StoredReceipt::Model& model : stored.models) {
    store.Put(StrCat("m/", model.name, "/snapshot"),
              material.models.at(StrCat(kModelArtifact, model.digest)));
  }
  for (const PipelineSchema::ModelEntry& model : pipeline.schema().models()) {
    if (!model.inputs.empty()) store.Put(StrCat("m/", model.name, "/inputs"), model.inputs);
  }
  if (stored.receipt.timer.empty()) return;
  TimerKey(stored.receipt.time, StrCat(stored.receipt.timer, "/", stored.user), &key);
  store.Put(key, "");
}

Status RunEvent(const StoredReceipt& stored, const ScoreParts& parts) {
  const Receipt& receipt = stored.receipt;
  if (!receipt.timer.empty()) return parts.pipeline->AdvanceTo(receipt.time);
  Event event;
  if (const std::optional<Rejection> rejection = parts.decoder->Decode(receipt.event, &event)) {
    return Status::Corrupt(StrCat("the receipt's event is none: ", rejection->message));
  }
  event.origin = receipt.origin.origin();
  event.log_offset = receipt.offset;
  event.late = receipt.late;
  return parts.pipeline->Process(event);
}

// The revision's bytes, made again; empty when no such alert comes of it.
Result<std::string> Make(const Material& material) {
  const StoredReceipt& stored = material.stored;
  BONGSU_ASSIGN_OR_RETURN(ScoreParts parts,
                          MakeScoreParts(*material.config, false, stored.release));
  MemoryKeyValueStore memory;
  const std::unique_ptr<StateStore> store = MakeStateStore(memory, "");
  PutState(material, *parts.pipeline, *store);
  Status status = parts.pipeline->Start(*store, 1);
  if (status.ok()) status = RunEvent(stored, parts);
  if (status.code() == Code::kCorrupt && stored.release != BONGSU_VERSION) {
    return Status::Invalid(StrCat("release ", stored.release, " made it, and this is ",
                                  BONGSU_VERSION, ": ", status.message()));
  }
  BONGSU_RETURN_IF_ERROR(status);
  std::string json;
  for (const Alert& alert : parts.pipeline->emitted().alerts) {
    const std::string uid =
        FindingUid(material.config->tenant, alert.detector, alert.user, alert.cause.origin());
    if (uid == stored.alert && alert.revision == stored.revision)
      parts.encoder->EncodeAlert(alert, &json);
  }
  return json;
}

Result<Reproduced> ReproduceOne(const AlertName& name, uint32_t revision,
                                const std::string& receipt, const FetchArtifacts& fetch) {
  BONGSU_ASSIGN_OR_RETURN(const StoredReceipt stored, ParseReceipt(receipt));
  if (stored.alert != name.uid || stored.revision != revision) {
    return Status::Corrupt(StrCat("the receipt is of ", stored.alert, ".s", stored.revision));
  }
  Reproduced out;
  out.uid = stored.alert;
  out.revision = stored.revision;
  out.config_digest = stored.config_digest;
  out.release = stored.release;
  out.cause = stored.receipt.timer.empty()
                  ? StrCat("event ", FormatOrigin(stored.receipt.origin.origin()))
                  : StrCat("timer of ", stored.receipt.timer);
  BONGSU_ASSIGN_OR_RETURN(const Material material, Gather(stored, fetch));
  BONGSU_ASSIGN_OR_RETURN(out.json, Make(material));
  if (out.json.empty()) {
    out.differences.push_back("no such alert comes of what the receipt holds");
    return out;
  }
  const bool as_sent = Sha256Hex(out.json) == stored.alert_digest;
  out.equal = name.json.empty() ? as_sent : out.json == name.json;
  if (out.equal && !as_sent) {
    out.equal = false;
    out.differences.push_back("the receipt says that other bytes went out");
  } else if (!name.json.empty()) {
    out.differences = JsonDifferences(name.json, out.json);
  } else if (!as_sent) {
    out.differences.push_back("the receipt says that other bytes went out than are made of it");
  }
  return out;
}

}  // namespace

Result<AlertName> ParseAlertName(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  AlertName name;
  if (ParseName(text, &name)) return name;
  JsonReader reader({64u << 20, 256, true});
  const std::optional<JsonValue> alert = reader.Parse(text);
  std::optional<JsonValue> uid;
  if (alert) {
    if (const auto metadata = alert->Find("metadata")) uid = metadata->Find("uid");
  }
  if (!uid || !uid->is_string()) {
    return Status::Invalid(
        "expected one alert as it went out, or its uid of 32 hexadecimal digits, alone or with "
        "\".s\" and the revision");
  }
  if (!ParseName(uid->AsString(), &name) || name.revision == 0) {
    return Status::Invalid(StrCat("revision ", uid->AsString(),
                                  " was not made by scoring, so there is nothing to reproduce"));
  }
  name.json = text;
  return name;
}

Result<std::vector<Reproduced>> Reproduce(const AlertName& name, const FetchArtifacts& fetch) {
  std::vector<Reproduced> all;
  const bool every = name.revision == 0;
  for (uint32_t revision = every ? 1 : name.revision;; ++revision) {
    const std::string key = ReceiptName(name.uid, revision);
    BONGSU_ASSIGN_OR_RETURN(const Artifacts found, fetch({key}));
    const auto receipt = found.find(key);
    if (receipt == found.end()) {
      if (!all.empty()) return all;
      return Status::NotFound(
          StrCat("no receipt of alert ", name.uid, ".s", revision, " is there"));
    }
    BONGSU_ASSIGN_OR_RETURN(Reproduced one, ReproduceOne(name, revision, receipt->second, fetch));
    all.push_back(std::move(one));
    if (!every) return all;
  }
}

}  // namespace bongsu
