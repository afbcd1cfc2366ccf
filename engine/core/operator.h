// One step of the pipeline. One instance per shard, one thread, no locks.
//
//   (Process* Learn)*      OnTimer between events
//
// Process may fail: the record goes to the dead letters, every write of its event is rolled back
// and the stream goes on. It must not change a model. After all stages have succeeded, Learn runs
// in every operator and cannot fail. So an event counts fully or not at all.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/alert.h"
#include "engine/core/event.h"
#include "engine/core/model.h"

namespace bongsu {

// What a detector says about one event.
struct Finding {
  size_t detector = 0;  // As returned by PipelineSchema::AddDetector.
  double raw = 0;       // The model's score.
  double tail = 1;      // Probability that an ordinary event scores as high, in (0, 1].
  double risk = 0;      // 0-100, by tail probability; comparable between detectors.
  double maturity = 1;  // Of the model, 0-1.
};

// The state of judgement of the current event; each stage after `detect` adds its part.
struct Verdict {
  std::vector<Finding> findings;
  double risk = 0;       // Of the event, 0-100 (score).
  double tail = 1;       // The probability behind it, not cut at a risk of 100 (score).
  double user_risk = 0;  // Of the person after it, 0-100 (score).
  bool alerted = false;  // The event passed the threshold (decide); a folded one too.
};

inline constexpr size_t kSlotAlignment = 8;

// What an operator may touch: its own memory of the current person, the verdict, its outputs.
class Context {
 public:
  virtual ~Context() = default;
  // The person's memory of a slot from PipelineSchema::AddSlot: fixed size, zeroed at first, at a
  // multiple of kSlotAlignment like its rest.
  virtual std::span<std::byte> Slot(size_t slot) = 0;
  // The rest of the slot, zeroed at first; the person takes the memory of all rests with the first
  // call.
  virtual std::span<std::byte> SlotRest(size_t slot) = 0;
  // Further memory of the person, of any size, under a kind of its own (one letter; see
  // state/README.md).
  virtual Result<bool> Get(char kind, std::string* value) = 0;
  virtual void Put(char kind, std::string_view value) = 0;
  virtual void Delete(char kind) = 0;
  // OnTimer of this operator, for this person, once the shard's event time reaches `at`. One timer
  // a person and operator: a new one replaces it, nullopt ends it.
  virtual void SetTimer(std::optional<Timestamp> at) = 0;
  virtual std::string_view user() const = 0;
  virtual Verdict& verdict() = 0;
  // For Learn: the model learns `x`, and `x` goes into its redo log.
  virtual void Learn(size_t model, std::span<const double> x) noexcept = 0;
  // Points per detector and feature that add up to `risk`, largest first; asks the detectors'
  // Explain.
  virtual std::vector<Contribution> Explain(const Event& event) = 0;
  virtual void Emit(Alert alert) = 0;
  virtual void Emit(UserRisk risk) = 0;
  virtual void Emit(Sample sample) = 0;
  // An alert that was not sent, counted by reason ("cooldown", ...).
  virtual void CountSuppressed(std::string_view reason) = 0;
};

enum class Flow { kNext, kDrop };

// A feature's part in a detector's score.
struct Reason {
  double share = 0;                                        // Not negative.
  double tail = std::numeric_limits<double>::quiet_NaN();  // Share of events with such a value.
};

class Operator {
 public:
  virtual ~Operator() = default;
  virtual Result<Flow> Process(Event& event, Context& context) = 0;
  virtual void Learn(const Event& /*event*/, const Verdict& /*verdict*/,
                     Context& /*context*/) noexcept {}
  virtual Status OnTimer(Timestamp /*at*/, Context& /*context*/) { return Status::Ok(); }
  // Detectors: the parts of the features in this event's score, by feature of the PipelineSchema;
  // shares are of sum 1 or all 0. Called before Learn, only when somebody wants to know.
  virtual void Explain(const Event& /*event*/, std::span<Reason> /*reasons*/) const noexcept {}
};

// A feature as people read it.
struct FeatureInfo {
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  std::string name;
  std::string unit;           // "events", "ratio", "seconds", "points", "values", "bits", …
  std::string description;    // One sentence: what it is and why it matters.
  std::string label = {};     // A few words: "rows exported in a day"; empty: the name.
  std::string label_ko = {};  // The same in Korean; empty: `label`.
  size_t of = kNone;          // The feature that this one compares with the person's normal.
  size_t field = kNone;       // The slot of the event's value that it judges new or rare.
};

// A piece of a person's memory. Its identity (name + kind + window + filter) decides whether old
// state continues: what changed in any of them starts empty, what vanished is dropped, both logged.
struct SlotInfo {
  std::string identity;
  size_t size = 0;  // Bytes.
  size_t rest = 0;  // Further bytes, that few people need.
};

// What the operators of one pipeline declare while they are built, in pipeline order.
class PipelineSchema {
 public:
  EventSchema fields;

  // kInvalid when the name is taken.
  Result<size_t> AddFeature(FeatureInfo info);
  // The index of a feature declared by an earlier operator, with a hint when there is none.
  Result<size_t> Feature(std::string_view name) const;
  const std::vector<FeatureInfo>& features() const { return features_; }

  size_t AddSlot(SlotInfo info);
  const std::vector<SlotInfo>& slots() const { return slots_; }

  Result<size_t> AddDetector(std::string name);
  const std::vector<std::string>& detectors() const { return detectors_; }

  // The pipeline restores `model` at start and writes its redo log and snapshots under m/<name>.
  // The operator keeps owning it. `inputs` says in one text what its inputs mean: when that
  // changes, the model starts cold.
  Result<size_t> AddModel(std::string name, Model* model, std::string inputs = {});
  struct ModelEntry {
    std::string name;
    Model* model;
    std::string inputs;
  };
  const std::vector<ModelEntry>& models() const { return models_; }

 private:
  std::vector<FeatureInfo> features_;
  std::vector<SlotInfo> slots_;
  std::vector<std::string> detectors_;
  std::vector<ModelEntry> models_;
};

// Shares `points` of a detector out among the features, each with what a reader needs to know of
// it: of a comparison, the value that was compared. All under no feature when there are no reasons.
void AddContributions(std::string_view detector, double points, std::span<const Reason> reasons,
                      const std::vector<FeatureInfo>& features, const Event& event,
                      std::vector<Contribution>* out);

}  // namespace bongsu
