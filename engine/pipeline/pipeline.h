// The list of operators that an event passes, and what they may touch meanwhile. Two passes an
// event: every operator's Process; then, when all have succeeded, every operator's Learn. One
// instance a shard, one thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/operator.h"
#include "engine/core/receipt.h"
#include "engine/core/spec.h"
#include "engine/core/state.h"
#include "engine/pipeline/layout.h"
#include "engine/pipeline/models.h"
#include "engine/pipeline/profiles.h"
#include "engine/pipeline/stage_times.h"
#include "engine/pipeline/timers.h"

namespace bongsu {

// A built operator and where it stands.
struct PipelineStep {
  std::string name;  // Unique in the pipeline: names its timers.
  Stage stage;
  std::unique_ptr<Operator> op;
};

// What the operators handed out since Clear; valid only if the event succeeded.
struct Emitted {
  std::vector<Alert> alerts;
  std::vector<UserRisk> risks;
  std::vector<Sample> samples;
  std::vector<std::string> suppressed;  // Reasons.
  std::vector<Receipt> receipts;        // Of the alerts, in their order; each may be for several.
  bool empty() const {
    return alerts.empty() && risks.empty() && samples.empty() && suppressed.empty();
  }
  void Clear() { CutTo({}); }
  struct Sizes {
    size_t alerts = 0, risks = 0, samples = 0, suppressed = 0, receipts = 0;
  };
  Sizes sizes() const {
    return {alerts.size(), risks.size(), samples.size(), suppressed.size(), receipts.size()};
  }
  void CutTo(const Sizes& sizes) {  // Forgets what came later.
    alerts.resize(sizes.alerts);
    risks.resize(sizes.risks);
    samples.resize(sizes.samples);
    suppressed.resize(sizes.suppressed);
    receipts.resize(sizes.receipts);
  }
};

class Pipeline {
 public:
  // `schema` is what `steps` declared while they were built, in this order.
  Pipeline(PipelineSchema schema, std::vector<PipelineStep> steps);
  ~Pipeline();

  const PipelineSchema& schema() const { return schema_; }
  const Layout& layout() const { return layout_; }

  // Whether alerts come with receipts: what they were made from, but for the event.
  void KeepReceipts(bool keep) { keep_receipts_ = keep; }
  // Binds the pipeline to the state of its shard and brings models and timers to where they were.
  Status Start(StateStore& store, size_t cached_people);
  // Follows events through the stages; null: nobody asks. Outlives the pipeline.
  void Time(StageTimes* times) { times_ = times; }
  // These are processed next.
  void Announce(std::span<const Record> events) { profiles_->Announce(events); }
  // An event of this person comes soon.
  void Expect(std::string_view user) { profiles_->Expect(user); }
  // One event with `fields` filled by the decoder. kInvalid: the event is at fault and has left no
  // trace; other codes: the shard can't go on. Emissions of a good event are added to emitted().
  Status Process(Event& event);
  // Fires the timers that are due, in order.
  Status AdvanceTo(Timestamp now);
  // Puts what changed into the store's overlay, before a commit.
  void Save();

  Emitted& emitted() { return emitted_; }
  const Profiles::Counters& profile_counters() const { return profiles_->counters(); }
  const std::vector<std::string>& cold_models() const { return models_.started_cold(); }
  std::string TakeMigrationNote() { return profiles_->TakeMigrationNote(); }
  const Verdict& verdict() const;

 private:
  class PersonContext;
  Status OpenPerson(std::string_view user);
  Status Fail(Status status, const Emitted::Sizes& before);
  // For the alerts since `before`, from what Undo and Rollback would bring back.
  Result<Receipt*> TakeReceipt(std::string_view user, size_t alerts_before);
  Status TakeEventReceipt(std::string_view user, const Emitted::Sizes& before);

  PipelineSchema schema_;
  std::vector<PipelineStep> steps_;
  size_t timer_slots_;  // The first of one slot per step: the time of its timer, 0 = none.
  Layout layout_;
  ModelKeeper models_;
  Emitted emitted_;
  bool keep_receipts_ = false;
  StageTimes* times_ = nullptr;
  StateStore* store_ = nullptr;
  std::optional<Profiles> profiles_;
  std::optional<Timers> timers_;
  std::unique_ptr<PersonContext> context_;
};

}  // namespace bongsu
