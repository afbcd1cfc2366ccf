#include "engine/pipeline/pipeline.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/strings.h"
#include "engine/core/state_keys.h"

namespace bongsu {
namespace {

// kInvalid would blame the event; what the store says is never its fault.
Status NotTheEvent(Status status) {
  return status.code() == Code::kInvalid ? Status::Internal(status.message()) : std::move(status);
}

}  // namespace

// What the operators see. Rebound to each event's person; knows which step is running.
class Pipeline::PersonContext final : public Context {
 public:
  explicit PersonContext(Pipeline& pipeline)
      : p_(pipeline), reasons_(pipeline.schema_.features().size()) {}

  void Bind(std::string_view user, std::span<std::byte> profile) {
    user_ = user;
    profile_ = profile;
    verdict_.findings.clear();
    verdict_.risk = verdict_.user_risk = 0;
    verdict_.tail = 1;
    verdict_.alerted = false;
    owners_.clear();
    kinds_read_.clear();
  }
  void BeginStep(size_t step) {
    if (owners_.size() < verdict_.findings.size()) OwnNewFindings();
    step_ = step;
  }
  // Of steps that find nothing more.
  void TurnTo(size_t step) { step_ = step; }

  std::span<std::byte> Slot(size_t slot) override { return p_.layout_.Slot(profile_, slot); }
  std::span<std::byte> SlotRest(size_t slot) override {
    return p_.layout_.SlotRest(p_.profiles_->OpenRests(), slot);
  }
  Result<bool> Get(char kind, std::string* value) override {
    if (kinds_read_.find(kind) == std::string::npos) kinds_read_.push_back(kind);
    Result<bool> found = p_.store_->Get(KeyOf(kind), value);
    return found.ok() ? std::move(found) : NotTheEvent(found.status());
  }
  void Put(char kind, std::string_view value) override { p_.store_->Put(KeyOf(kind), value); }
  void Delete(char kind) override { p_.store_->Delete(KeyOf(kind)); }
  std::string_view user() const override { return user_; }
  Verdict& verdict() override { return verdict_; }
  void Learn(size_t model, std::span<const double> x) noexcept override {
    p_.models_.Learn(model, x);
  }
  void Emit(Alert alert) override { p_.emitted_.alerts.push_back(std::move(alert)); }
  void Emit(UserRisk risk) override { p_.emitted_.risks.push_back(std::move(risk)); }
  void Emit(Sample sample) override { p_.emitted_.samples.push_back(std::move(sample)); }
  void CountSuppressed(std::string_view reason) override {
    p_.emitted_.suppressed.emplace_back(reason);
  }

  void SetTimer(std::optional<Timestamp> at) override {
    const std::span<std::byte> slot = Slot(p_.timer_slots_ + step_);
    const std::string& op = p_.steps_[step_].name;
    int64_t old, now = at ? at->time_since_epoch().count() : 0;
    std::memcpy(&old, slot.data(), sizeof(old));
    if (old == now) return;
    if (old != 0) p_.timers_->Cancel(Timestamp(Duration(old)), op, user_);
    if (now != 0) p_.timers_->Set(*at, op, user_);
    std::memcpy(slot.data(), &now, sizeof(now));
  }
  const std::string& kinds_read() const { return kinds_read_; }
  void TimerFired() {
    const std::span<std::byte> slot = Slot(p_.timer_slots_ + step_);
    std::memset(slot.data(), 0, slot.size());
  }

  std::vector<Contribution> Explain(const Event& event) override;

 private:
  [[gnu::noinline]] void OwnNewFindings() { owners_.resize(verdict_.findings.size(), step_); }
  std::string_view KeyOf(char kind) {
    key_.assign(1, kind).append(1, '/').append(user_);
    return key_;
  }
  Pipeline& p_;
  std::string_view user_;
  std::span<std::byte> profile_;
  size_t step_ = 0;
  Verdict verdict_;
  std::vector<size_t> owners_;  // By finding: the step that made it.
  std::vector<Reason> reasons_;
  std::string key_, kinds_read_;
};

// The event's risk is shared out among the findings by their own risk, then among features by the
// detector.
std::vector<Contribution> Pipeline::PersonContext::Explain(const Event& event) {
  std::vector<Contribution> out;
  double total = 0;
  for (const Finding& finding : verdict_.findings) total += finding.risk;
  for (size_t i = 0; i < verdict_.findings.size() && total > 0; ++i) {
    const Finding& finding = verdict_.findings[i];
    const double points = verdict_.risk * finding.risk / total;
    const std::string& detector = p_.schema_.detectors()[finding.detector];
    std::fill(reasons_.begin(), reasons_.end(), Reason());
    p_.steps_[owners_[i]].op->Explain(event, reasons_);
    AddContributions(detector, points, reasons_, p_.schema_.features(), event, &out);
  }
  std::stable_sort(out.begin(), out.end(), [](const Contribution& a, const Contribution& b) {
    return a.points > b.points;
  });
  return out;
}

namespace {

std::vector<SlotInfo> WithTimers(const PipelineSchema& schema,
                                 const std::vector<PipelineStep>& steps) {
  std::vector<SlotInfo> slots = schema.slots();
  for (const PipelineStep& step : steps) slots.push_back({StrCat("timer of ", step.name), 8});
  return slots;
}

}  // namespace

Pipeline::Pipeline(PipelineSchema schema, std::vector<PipelineStep> steps)
    : schema_(std::move(schema)),
      steps_(std::move(steps)),
      timer_slots_(schema_.slots().size()),
      layout_(WithTimers(schema_, steps_)),
      models_(schema_.models()),
      context_(std::make_unique<PersonContext>(*this)) {}

Pipeline::~Pipeline() = default;

const Verdict& Pipeline::verdict() const {
  return context_->verdict();
}

Status Pipeline::Start(StateStore& store, size_t cached_people) {
  store_ = &store;
  profiles_.emplace(store, layout_, cached_people);
  timers_.emplace(store);
  BONGSU_RETURN_IF_ERROR(profiles_->Start());
  BONGSU_RETURN_IF_ERROR(timers_->Start());
  return models_.Load(store);
}

Status Pipeline::OpenPerson(std::string_view user) {
  const Result<std::span<std::byte>> profile = profiles_->Open(user);
  if (!profile.ok()) return NotTheEvent(profile.status());
  profiles_->Touch();
  store_->Mark();
  timers_->Mark();
  context_->Bind(user, *profile);
  return Status::Ok();
}

Status Pipeline::Fail(Status status, const Emitted::Sizes& before) {
  profiles_->Undo();
  store_->Rollback();
  timers_->Undo();
  emitted_.CutTo(before);
  return status;
}

Result<Receipt*> Pipeline::TakeReceipt(std::string_view user, size_t alerts_before) {
  if (!keep_receipts_ || emitted_.alerts.size() == alerts_before) return nullptr;
  Receipt& receipt = emitted_.receipts.emplace_back();
  receipt.alerts = emitted_.alerts.size() - alerts_before;
  std::string key, value;
  for (const char kind : context_->kinds_read()) {
    StateKey(kind, user, &key);
    const Result<bool> found = store_->GetBefore(key, &value);
    if (!found.ok()) return NotTheEvent(found.status());
    if (*found) receipt.person.push_back({std::string(1, kind), value});
  }
  profiles_->EncodeBefore(&value);
  receipt.person.push_back({std::string(1, kProfileKind), value});
  return &receipt;
}

// Before anything is learned from the event.
Status Pipeline::TakeEventReceipt(std::string_view user, const Emitted::Sizes& before) {
  const Result<Receipt*> receipt = TakeReceipt(user, before.alerts);
  if (!receipt.ok()) return Fail(receipt.status(), before);
  if (*receipt == nullptr) return Status::Ok();
  for (size_t i = 0; i < schema_.models().size(); ++i) {
    (*receipt)->models.push_back({schema_.models()[i].name, models_.Opinion(i)});
  }
  return Status::Ok();
}

Status Pipeline::Process(Event& event) {
  if (times_) times_->Enter(StageTimes::Part::kState);
  BONGSU_RETURN_IF_ERROR(OpenPerson(event.user));
  event.features.assign(schema_.features().size(), std::numeric_limits<double>::quiet_NaN());
  event.normals.assign(schema_.features().size(), Normal());
  const Emitted::Sizes before = emitted_.sizes();
  for (size_t i = 0; i < steps_.size(); ++i) {
    context_->BeginStep(i);
    if (times_) times_->Enter(steps_[i].stage);
    const Result<Flow> flow = steps_[i].op->Process(event, *context_);
    if (!flow.ok()) return Fail(flow.status(), before);
    if (*flow == Flow::kDrop) return TakeEventReceipt(event.user, before);
  }
  if (times_) times_->Enter(StageTimes::Part::kLearn);
  BONGSU_RETURN_IF_ERROR(TakeEventReceipt(event.user, before));
  context_->BeginStep(steps_.size());  // The findings of the last step are its own.
  for (size_t i = 0; i < steps_.size(); ++i) {
    context_->TurnTo(i);
    steps_[i].op->Learn(event, context_->verdict(), *context_);
  }
  return Status::Ok();
}

Status Pipeline::AdvanceTo(Timestamp now) {
  while (timers_->AnyDue(now)) {
    store_->Mark();
    timers_->Mark();
    BONGSU_ASSIGN_OR_RETURN(const std::optional<Timers::Due> due, timers_->Take(now));
    if (!due) return Status::Ok();
    const auto step = std::find_if(steps_.begin(), steps_.end(),
                                   [&](const PipelineStep& s) { return s.name == due->op; });
    if (step == steps_.end()) continue;  // Of an operator that the configuration no longer has.
    BONGSU_RETURN_IF_ERROR(OpenPerson(due->user));
    context_->BeginStep(static_cast<size_t>(step - steps_.begin()));
    context_->TimerFired();
    const size_t alerts = emitted_.alerts.size();
    BONGSU_RETURN_IF_ERROR(step->op->OnTimer(due->at, *context_));
    BONGSU_ASSIGN_OR_RETURN(Receipt* const receipt, TakeReceipt(due->user, alerts));
    if (receipt == nullptr) continue;
    receipt->timer = due->op;
    receipt->time = due->at;
  }
  return Status::Ok();
}

void Pipeline::Save() {
  profiles_->Flush();
  models_.Save(*store_);
}

}  // namespace bongsu
