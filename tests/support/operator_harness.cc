#include "tests/support/operator_harness.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/strings.h"
#include "engine/config/yaml.h"

namespace bongsu {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Person {
  // Slots and their rests (1).
  std::map<std::pair<size_t, int>, std::vector<std::byte>> slots;
  std::map<char, std::string> values;
};

struct Owner {
  std::unique_ptr<Operator> op;
  size_t first_detector = 0, last_detector = 0;
};

struct Memory {
  std::map<std::string, Person, std::less<>> people;
  std::map<std::pair<std::string, size_t>, Timestamp> timers;  // By user and operator.
  Timestamp now = Timestamp::min();
  int64_t offset = 0;
};

bool IsFeature(const OperatorSpec& spec) {
  return spec.stage == Stage::kProfile;
}

// Finds the spec of an item and the node of its options.
const OperatorSpec* FindSpec(const std::vector<OperatorSpec>& specs, const ConfigNode& item,
                             const ConfigNode** options, std::string* path, Problems* problems) {
  for (const ConfigNode::Entry& entry : item.entries) {
    for (const OperatorSpec& spec : specs) {
      if (spec.name != entry.key) continue;
      *options = IsFeature(spec) ? &item : &entry.value;
      if (!IsFeature(spec)) *path += "." + spec.name;
      return &spec;
    }
  }
  problems->Add(item.mark, *path, StrCat("expected an operator, got ", item.Describe()));
  return nullptr;
}

void Build(const std::vector<OperatorSpec>& specs, std::string_view yaml, std::string_view base_dir,
           PipelineSchema* schema, std::vector<Owner>* owners, Problems* problems) {
  const Result<ConfigNode> root = ParseYaml(yaml, "test.yaml", problems);
  if (!root.ok()) {
    if (problems->empty()) problems->Add({}, "", root.status().message());
    return;
  }
  for (size_t i = 0; i < root->items.size(); ++i) {
    const ConfigNode& item = root->items[i];
    const ConfigNode* node = nullptr;
    std::string path = StrCat('[', i, ']');
    const OperatorSpec* spec = FindSpec(specs, item, &node, &path, problems);
    if (spec == nullptr) continue;
    const size_t before = problems->size();
    const OperatorSpec::Options options = spec->parse(*node, path, problems);
    if (problems->size() != before) continue;
    BuildContext context{*schema, *problems, node->mark, path, std::string(base_dir)};
    Owner owner;
    owner.first_detector = schema->detectors().size();
    owner.op = spec->build(options, context);
    owner.last_detector = schema->detectors().size();
    if (owner.op == nullptr && problems->size() == before) {
      problems->Add(node->mark, path, "the builder returned nothing and reported no problem");
    }
    if (owner.op != nullptr) owners->push_back(std::move(owner));
  }
}

// The views of `event` are of `texts`.
void Fill(const std::map<std::string, std::string, std::less<>>& fields, EventSchema* schema,
          std::vector<std::string>* texts, Event* event) {
  event->fields.assign(schema->size(), Value{});
  texts->assign(schema->size(), "");
  for (size_t slot = 0; slot < schema->size(); ++slot) {
    const auto field = fields.find(schema->name(slot));
    if (field == fields.end()) continue;
    (*texts)[slot] = field->second;
    Value& value = event->fields[slot];
    value.text = (*texts)[slot];
    double number = 0;
    const char* const last = field->second.data() + field->second.size();
    const auto [end, error] = std::from_chars(field->second.data(), last, number);
    if (error == std::errc() && end == last) value.number = number;
  }
}

}  // namespace

EventBuilder::EventBuilder(std::string_view user, std::string_view action) : user_(user) {
  fields_["user_id"] = std::string(user);
  fields_["action"] = std::string(action);
  fields_["source"] = "app";
  At("2026-03-02T10:00:00+09:00");  // A Monday.
}

EventBuilder& EventBuilder::At(std::string_view rfc3339) {
  const Result<Timestamp> time = ParseRfc3339(rfc3339);
  if (!time.ok()) FAIL(time.status().message());
  return At(*time);
}

EventBuilder& EventBuilder::With(std::string_view field, std::string_view text) {
  fields_[std::string(field)] = std::string(text);
  return *this;
}

EventBuilder& EventBuilder::With(std::string_view field, double number) {
  return With(field, std::string_view(StrCat(number)));
}

EventBuilder& EventBuilder::Without(std::string_view field) {
  fields_.erase(std::string(field));
  return *this;
}

std::string EventBuilder::field(std::string_view name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? "" : found->second;
}

EventBuilder Login(std::string_view user) {
  return EventBuilder(user, "LOGIN").With("result", "SUCCESS");
}
EventBuilder LoginFailed(std::string_view user) {
  return EventBuilder(user, "LOGIN").With("result", "FAIL");
}
EventBuilder View(std::string_view user, std::string_view resource) {
  return EventBuilder(user, "VIEW").With("result", "SUCCESS").With("resource_id", resource);
}
EventBuilder Export(std::string_view user, std::string_view resource, double rows) {
  return EventBuilder(user, "EXPORT")
      .With("result", "SUCCESS")
      .With("resource_id", resource)
      .With("rows", rows);
}

double Outcome::feature(std::string_view name) const {
  const auto found = features.find(std::string(name));
  if (found == features.end()) FAIL("no feature " << name);
  return found->second;
}

std::string Outcome::text(std::string_view field) const {
  const auto found = texts.find(std::string(field));
  return found == texts.end() ? "" : found->second;
}

double Outcome::number(std::string_view field) const {
  const auto found = numbers.find(std::string(field));
  return found == numbers.end() ? kNone : found->second;
}

struct PipelineHarness::Saved {
  Memory memory;
  std::vector<std::string> models;
  std::vector<Alert> alerts;
  std::vector<UserRisk> risks;
  std::vector<Sample> samples;
  std::map<std::string, int> suppressed;
};

// The pipeline and everything it may touch; the Context of the operator and person that are
// current.
struct PipelineHarness::State final : Context {
  PipelineSchema schema;
  std::vector<Owner> owners;
  Memory memory;
  std::vector<Alert> alerts;
  std::vector<UserRisk> risks;
  std::vector<Sample> samples;
  std::map<std::string, int> suppressed_counts;
  std::string current_user;
  size_t current_operator = 0;
  Verdict current_verdict;

  std::span<std::byte> Slot(size_t slot) override { return Bytes(slot, 0); }
  std::span<std::byte> SlotRest(size_t slot) override { return Bytes(slot, 1); }
  Result<bool> Get(char kind, std::string* value) override {
    const Person& person = memory.people[current_user];
    const auto found = person.values.find(kind);
    if (found != person.values.end()) *value = found->second;
    return found != person.values.end();
  }
  std::span<std::byte> Bytes(size_t slot, int rest) {
    const SlotInfo& info = schema.slots().at(slot);
    std::vector<std::byte>& bytes = memory.people[current_user].slots[{slot, rest}];
    bytes.resize(rest == 0 ? info.size : info.rest);
    return bytes;
  }
  void Put(char kind, std::string_view value) override {
    memory.people[current_user].values[kind] = std::string(value);
  }
  void Delete(char kind) override { memory.people[current_user].values.erase(kind); }
  void SetTimer(std::optional<Timestamp> at) override {
    if (at) {
      memory.timers[{current_user, current_operator}] = *at;
    } else {
      memory.timers.erase({current_user, current_operator});
    }
  }
  std::string_view user() const override { return current_user; }
  Verdict& verdict() override { return current_verdict; }
  void Learn(size_t model, std::span<const double> x) noexcept override {
    schema.models()[model].model->Learn(x);
  }
  std::vector<Contribution> Explain(const Event& event) override;
  void Emit(Alert alert) override { alerts.push_back(std::move(alert)); }
  void Emit(UserRisk risk) override { risks.push_back(std::move(risk)); }
  void Emit(Sample sample) override { samples.push_back(std::move(sample)); }
  void CountSuppressed(std::string_view reason) override {
    ++suppressed_counts[std::string(reason)];
  }

  void FireUntil(Timestamp time);
  void RunPasses(Event* event, Outcome* outcome);
  void Describe(const Event& event, Outcome* outcome) const;
  std::vector<Reason> ReasonsOf(size_t detector, const Event& event) const;
};

std::vector<Reason> PipelineHarness::State::ReasonsOf(size_t detector, const Event& event) const {
  std::vector<Reason> reasons(schema.features().size());
  for (const Owner& owner : owners) {
    if (detector >= owner.first_detector && detector < owner.last_detector) {
      owner.op->Explain(event, reasons);
    }
  }
  return reasons;
}

std::vector<Contribution> PipelineHarness::State::Explain(const Event& event) {
  double total = 0;
  for (const Finding& finding : current_verdict.findings) total += finding.risk;
  std::vector<Contribution> parts;
  for (const Finding& finding : current_verdict.findings) {
    if (total <= 0) break;
    AddContributions(schema.detectors().at(finding.detector),
                     current_verdict.risk * finding.risk / total,
                     ReasonsOf(finding.detector, event), schema.features(), event, &parts);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const Contribution& a, const Contribution& b) {
    return a.points > b.points;
  });
  return parts;
}

void PipelineHarness::State::FireUntil(Timestamp time) {
  while (!memory.timers.empty()) {
    const auto next =
        std::min_element(memory.timers.begin(), memory.timers.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (next->second > time) break;
    const Timestamp at = next->second;
    current_user = next->first.first;
    current_operator = next->first.second;
    current_verdict = {};
    memory.timers.erase(next);
    const Status status = owners[current_operator].op->OnTimer(at, *this);
    if (!status.ok()) FAIL("timer: " << status.message());
  }
  memory.now = std::max(memory.now, time);
}

void PipelineHarness::State::RunPasses(Event* event, Outcome* outcome) {
  current_user = std::string(event->user);
  current_verdict = {};
  const Person before = memory.people[current_user];
  const auto timers_before = memory.timers;
  const size_t alerts_before = alerts.size(), risks_before = risks.size(),
               samples_before = samples.size();
  for (size_t i = 0; i < owners.size() && !outcome->dropped; ++i) {
    current_operator = i;
    const Result<Flow> flow = owners[i].op->Process(*event, *this);
    if (!flow.ok()) {
      outcome->status = flow.status();
      memory.people[current_user] = before;
      memory.timers = timers_before;
      alerts.resize(alerts_before);
      risks.resize(risks_before);
      samples.resize(samples_before);
      return;
    }
    outcome->dropped = *flow == Flow::kDrop;
  }
  outcome->verdict = current_verdict;
  Describe(*event, outcome);
  if (outcome->dropped) return;
  for (size_t i = 0; i < owners.size(); ++i) {
    current_operator = i;
    owners[i].op->Learn(*event, current_verdict, *this);
  }
}

void PipelineHarness::State::Describe(const Event& event, Outcome* outcome) const {
  for (size_t i = 0; i < event.features.size(); ++i) {
    outcome->features[schema.features()[i].name] = event.features[i];
    outcome->normals[schema.features()[i].name] = event.normals[i];
  }
  for (size_t i = 0; i < event.fields.size(); ++i) {
    const std::string name(schema.fields.name(i));
    if (event.fields[i].present()) outcome->texts[name] = std::string(event.fields[i].text);
    if (!std::isnan(event.fields[i].number)) outcome->numbers[name] = event.fields[i].number;
  }
  if (outcome->verdict.findings.empty()) return;
  const std::vector<Reason> reasons = ReasonsOf(outcome->verdict.findings.front().detector, event);
  for (size_t i = 0; i < reasons.size(); ++i) {
    outcome->shares.emplace_back(schema.features()[i].name, reasons[i].share);
  }
}

PipelineHarness::PipelineHarness(const std::vector<OperatorSpec>& specs, std::string_view yaml,
                                 std::string_view base_dir)
    : state_(std::make_unique<State>()) {
  Problems problems;
  Build(specs, yaml, base_dir, &state_->schema, &state_->owners, &problems);
  if (!problems.empty()) FAIL("the pipeline does not build:\n" << problems.Format());
}

PipelineHarness::~PipelineHarness() = default;
PipelineHarness::PipelineHarness(PipelineHarness&&) noexcept = default;

std::string PipelineHarness::ProblemsOf(const std::vector<OperatorSpec>& specs,
                                        std::string_view yaml, std::string_view base_dir) {
  Problems problems;
  PipelineSchema schema;
  std::vector<Owner> owners;
  Build(specs, yaml, base_dir, &schema, &owners, &problems);
  return problems.Format();
}

Outcome PipelineHarness::Send(const EventBuilder& builder) {
  State& state = *state_;
  state.FireUntil(std::max(state.memory.now, builder.time_));
  const int64_t offset = builder.offset_.value_or(state.memory.offset++);
  EventBuilder filled = builder;
  filled.fields_.try_emplace("event_id", StrCat("e", offset));
  std::vector<std::string> texts;
  Event event;
  Fill(filled.fields_, &state.schema.fields, &texts, &event);
  event.origin = {"test", 0, offset, 0};
  event.time = builder.time_;
  event.user = filled.user_;
  event.features.assign(state.schema.features().size(), kNone);
  event.normals.assign(state.schema.features().size(), Normal());
  const std::string raw = StrCat("{\"event_id\":\"", filled.fields_["event_id"], "\"}");
  event.raw = raw;
  event.log_offset = offset;
  event.late = builder.late_;
  Outcome outcome;
  state.RunPasses(&event, &outcome);
  return outcome;
}

void PipelineHarness::AdvanceTo(Timestamp time) {
  state_->FireUntil(time);
}
void PipelineHarness::AdvanceTo(std::string_view rfc3339) {
  AdvanceTo(EventBuilder("", "").At(rfc3339).time());
}

const PipelineSchema& PipelineHarness::schema() const {
  return state_->schema;
}
const std::vector<Alert>& PipelineHarness::alerts() const {
  return state_->alerts;
}
const std::vector<UserRisk>& PipelineHarness::risks() const {
  return state_->risks;
}
const std::vector<Sample>& PipelineHarness::samples() const {
  return state_->samples;
}
const std::map<std::string, int>& PipelineHarness::suppressed() const {
  return state_->suppressed_counts;
}
size_t PipelineHarness::timers() const {
  return state_->memory.timers.size();
}

size_t PipelineHarness::StateBytes() const {
  size_t bytes = 0;
  for (const SlotInfo& slot : state_->schema.slots()) bytes += slot.size;
  return bytes;
}

size_t PipelineHarness::RestBytes() const {
  size_t bytes = 0;
  for (const SlotInfo& slot : state_->schema.slots()) bytes += slot.rest;
  return bytes;
}

std::string PipelineHarness::MemoryOf(std::string_view user) const {
  std::string bytes;
  const auto person = state_->memory.people.find(user);
  if (person == state_->memory.people.end()) return bytes;
  for (const auto& [slot, memory] : person->second.slots) {
    for (const std::byte b : memory) bytes.push_back(static_cast<char>(b));
  }
  return bytes;
}

std::shared_ptr<const PipelineHarness::Saved> PipelineHarness::Save() const {
  auto saved = std::make_shared<Saved>();
  saved->memory = state_->memory;
  saved->alerts = state_->alerts;
  saved->risks = state_->risks;
  saved->samples = state_->samples;
  saved->suppressed = state_->suppressed_counts;
  for (const auto& entry : state_->schema.models()) saved->models.push_back(entry.model->Save());
  return saved;
}

void PipelineHarness::Load(const Saved& saved) {
  state_->memory = saved.memory;
  state_->alerts = saved.alerts;
  state_->risks = saved.risks;
  state_->samples = saved.samples;
  state_->suppressed_counts = saved.suppressed;
  for (size_t i = 0; i < saved.models.size(); ++i) {
    const Status status = state_->schema.models().at(i).model->Load(saved.models[i]);
    if (!status.ok()) FAIL("model " << i << ": " << status.message());
  }
}

}  // namespace bongsu
