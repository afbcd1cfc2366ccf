// An inspection as people and programs read it.
#include "engine/app/printable.h"
#include "engine/app/state_inspect.h"
#include "engine/base/strings.h"
#include "engine/core/state_keys.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

std::string Hex(const std::array<uint8_t, 16>& digest) {
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Size(int64_t bytes) {
  if (bytes < 1000) return StrCat(bytes, " B");
  if (bytes < 1000 * 1000) return Fixed(static_cast<double>(bytes) / 1e3, 1) + " kB";
  return Fixed(static_cast<double>(bytes) / 1e6, 1) + " MB";
}

// Whole seconds.
std::optional<int64_t> Age(const Meta& meta, Timestamp now) {
  if (meta.written == 0) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(now - Timestamp(Duration(meta.written))).count();
}

int64_t ChangelogLag(const PartitionState& state) {
  const LogOffsets& log = state.facts.changelog.offsets;
  return log.stable_end - (state.facts.local ? state.facts.local->changelog_next : log.start);
}

// Never with the key: it holds the person's id.
std::string EntryWords(const PersonEntry& entry, const InspectOptions& options) {
  std::string words = StrCat(entry.key.substr(0, 1), "  ", KindWords(KindOf(entry.key)));
  if (const std::optional<ParsedTimer> timer = ParseTimerKey(entry.key)) {
    words +=
        StrCat(" of ", timer->id.substr(0, timer->id.find('/')), " at ", FormatRfc3339(timer->at));
  }
  words += StrCat(", ", entry.value.size(), " bytes");
  if (options.raw) words += StrCat(": ", HexEncode(entry.value));
  return words;
}

std::string MetaWords(const Meta& meta, Timestamp now) {
  const std::optional<int64_t> age = Age(meta, now);
  return StrCat(
      "position ", meta.next, ", batch ", meta.sequence, ", event time ",
      FormatRfc3339(Timestamp(Duration(meta.time))), ", format ", static_cast<int>(meta.format),
      ", configuration ", Hex(meta.config_digest).substr(0, 16),
      age ? StrCat(", written ", FormatDuration(std::chrono::seconds(*age)), " ago") : "");
}

void AppendPartition(const Inspection& inspection, const PartitionState& state,
                     const InspectOptions& options, std::string* out) {
  const PartitionFacts& facts = state.facts;
  *out += StrCat(inspection.input, "-", facts.partition, ": ", state.opening.text, "\n");
  std::vector<std::vector<std::string>> rows;
  rows.push_back({inspection.from_changelog ? "  changelog's state" : "  local store",
                  state.meta ? MetaWords(*state.meta, inspection.now) : "none"});
  if (inspection.broker) {
    rows.push_back({"  group " + inspection.group,
                    !facts.group.known ? std::string("held by an open transaction")
                    : facts.group.next ? StrCat("position ", *facts.group.next)
                                       : std::string("no position")});
    rows.back()[1] += StrCat(state.lag_counted ? ", lag " : ", lag at most ", state.lag,
                             "; the input holds ", facts.input.start, " to ", facts.input.end);
    const ChangelogEnd& end = facts.changelog;
    rows.push_back({"  changelog",
                    StrCat(end.offsets.start, " to ", end.offsets.end,
                           end.meta ? StrCat(", of position ", end.meta->next) : "",
                           end.whole ? "" : ", its last transaction is not whole",
                           inspection.from_changelog
                               ? std::string()
                               : StrCat(", ahead of the store by at most ", ChangelogLag(state)))});
  }
  *out += FormatTable(rows);
  rows.clear();
  for (const auto& [kind, count] : state.kinds) {
    rows.push_back(
        {"    " + kind, std::string(KindWords(kind)), StrCat(count.entries), Size(count.bytes)});
  }
  *out += FormatTable(rows);
  for (const PersonEntry& entry : state.person) {
    *out += StrCat("  ", Printable(options.user), "  ", EntryWords(entry, options), "\n");
  }
}

void WriteMeta(const Meta& meta, Timestamp now, JsonWriter* json) {
  json->BeginObject().Key("next").Int(meta.next).Key("changelog_next").Int(meta.changelog_next);
  json->Key("sequence").Int(meta.sequence);
  json->Key("time").String(FormatRfc3339(Timestamp(Duration(meta.time))));
  json->Key("format").Int(meta.format).Key("config_digest").String(Hex(meta.config_digest));
  json->Key("age_seconds");
  const std::optional<int64_t> age = Age(meta, now);
  age ? json->Int(*age) : json->Null();
  json->EndObject();
}

void WriteOffsets(std::string_view name, const LogOffsets& log, JsonWriter* json) {
  json->Key(name).BeginObject().Key("start").Int(log.start).Key("stable_end").Int(log.stable_end);
  json->Key("end").Int(log.end).EndObject();
}

void WritePositions(const PartitionState& state, bool local, JsonWriter* json) {
  const PartitionFacts& facts = state.facts;
  json->Key("group_position");
  facts.group.known&& facts.group.next ? json->Int(*facts.group.next) : json->Null();
  json->Key("lag").Int(state.lag);
  WriteOffsets("input", facts.input, json);
  WriteOffsets("changelog", facts.changelog.offsets, json);
  json->Key("changelog_position");
  facts.changelog.meta ? json->Int(facts.changelog.meta->next) : json->Null();
  json->Key("changelog_whole").Bool(facts.changelog.whole);
  if (local) json->Key("changelog_lag").Int(ChangelogLag(state));
}

void WritePerson(const std::vector<PersonEntry>& entries, bool raw, JsonWriter* json) {
  json->Key("person").BeginArray();
  for (const PersonEntry& entry : entries) {
    json->BeginObject().Key("kind").String(KindOf(entry.key));
    if (const std::optional<ParsedTimer> timer = ParseTimerKey(entry.key)) {
      json->Key("operator").String(timer->id.substr(0, timer->id.find('/')));
      json->Key("at").String(FormatRfc3339(timer->at));
    }
    json->Key("bytes").Int(static_cast<int64_t>(entry.value.size()));
    if (raw) json->Key("hex").String(HexEncode(entry.value));
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace

std::string InspectionText(const Inspection& inspection, const InspectOptions& options) {
  std::string out;
  bool found = options.user.empty();
  for (const PartitionState& state : inspection.partitions) {
    AppendPartition(inspection, state, options, &out);
    found |= !state.person.empty();
  }
  if (!found) out += StrCat("nothing is known of ", Printable(options.user), " here\n");
  return out;
}

std::string InspectionJson(const Inspection& inspection, const InspectOptions& options) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Key("group").String(inspection.group).Key("input").String(inspection.input);
  json.Key("partitions").BeginArray();
  for (const PartitionState& state : inspection.partitions) {
    json.BeginObject().Key("partition").Int(state.facts.partition);
    json.Key(inspection.from_changelog ? "changelog_meta" : "local");
    state.meta ? WriteMeta(*state.meta, inspection.now, &json) : void(json.Null());
    if (inspection.broker) WritePositions(state, !inspection.from_changelog, &json);
    json.Key("kinds").BeginObject();
    for (const auto& [kind, count] : state.kinds) {
      json.Key(kind).BeginObject().Key("entries").Int(count.entries);
      json.Key("bytes").Int(count.bytes).EndObject();
    }
    json.EndObject();
    if (!options.user.empty()) WritePerson(state.person, options.raw, &json);
    json.Key("opening").BeginObject().Key("kind").String(OpeningName(state.opening.kind));
    json.Key("records").Int(state.opening.records).Key("text").String(state.opening.text);
    json.EndObject().EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace bongsu
