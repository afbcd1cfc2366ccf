// Runs operators as the engine does, without the engine: built from YAML as a user writes it,
// memory in maps, timers by event time. For tests of single operators and of the conformance of
// all.
//
//   PipelineHarness run({CountSpec()}, "- {name: logins, count: {action: LOGIN}, window: 1h}");
//   CHECK(run.Send(Login("ann").At("2026-03-02T08:59:00+09:00")).feature("logins") == 1);
//
// An item of the list is `{name: …, <kind>: …}` for a profile operator and `<operator>: {…}` for
// any other. Slots are handed out at odd addresses, so that aliasing faults show under sanitizers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/operator.h"
#include "engine/core/spec.h"

namespace bongsu {

// An access event in the making. Times are RFC 3339; a number field takes a number.
class EventBuilder {
 public:
  EventBuilder(std::string_view user, std::string_view action);
  EventBuilder& At(std::string_view rfc3339);
  EventBuilder& At(Timestamp time) { return time_ = time, *this; }
  EventBuilder& With(std::string_view field, std::string_view text);
  EventBuilder& With(std::string_view field, const char* text) {
    return With(field, std::string_view(text));
  }
  EventBuilder& With(std::string_view field, double number);
  EventBuilder& With(std::string_view field, bool value) {
    return With(field, value ? "true" : "false");
  }
  EventBuilder& Without(std::string_view field);
  EventBuilder& Offset(int64_t offset) { return offset_ = offset, *this; }  // Of the origin.
  EventBuilder& Late() { return late_ = true, *this; }
  std::string field(std::string_view name) const;  // Empty when absent.
  Timestamp time() const { return time_; }
  const std::string& user() const { return user_; }

 private:
  friend class PipelineHarness;
  std::string user_;
  Timestamp time_;
  std::map<std::string, std::string, std::less<>> fields_;
  std::optional<int64_t> offset_;  // Counted by the harness unless given.
  bool late_ = false;
};

EventBuilder Login(std::string_view user);        // LOGIN, SUCCESS
EventBuilder LoginFailed(std::string_view user);  // LOGIN, FAIL
EventBuilder View(std::string_view user, std::string_view resource);
EventBuilder Export(std::string_view user, std::string_view resource, double rows);

// What became of one event. Values are copies.
struct Outcome {
  Status status;
  bool dropped = false;
  Verdict verdict;
  std::map<std::string, double> features;
  std::map<std::string, Normal> normals;     // By feature.
  std::map<std::string, std::string> texts;  // Of every slot with a value, derived ones included.
  std::map<std::string, double> numbers;
  std::vector<std::pair<std::string, double>> shares;  // Explain of the first detector, by feature.

  double feature(std::string_view name) const;     // Fails the test when there is no such feature.
  std::string text(std::string_view field) const;  // Empty when absent.
  double number(std::string_view field) const;     // NaN when absent.
};

class PipelineHarness {
 public:
  // Expects the pipeline to build: fails the test with the problems otherwise.
  PipelineHarness(const std::vector<OperatorSpec>& specs, std::string_view yaml,
                  std::string_view base_dir = ".");
  ~PipelineHarness();
  PipelineHarness(PipelineHarness&&) noexcept;

  // Problems found in `yaml` (file name "test.yaml"), one line each; empty when it builds.
  static std::string ProblemsOf(const std::vector<OperatorSpec>& specs, std::string_view yaml,
                                std::string_view base_dir = ".");

  // Fires what is due, then runs both passes over the event.
  Outcome Send(const EventBuilder& event);
  // A tick: fires the timers up to `time`, in order.
  void AdvanceTo(Timestamp time);
  void AdvanceTo(std::string_view rfc3339);

  const PipelineSchema& schema() const;
  const std::vector<Alert>& alerts() const;
  const std::vector<UserRisk>& risks() const;
  const std::vector<Sample>& samples() const;
  const std::map<std::string, int>& suppressed() const;  // By reason.
  size_t timers() const;                                 // Waiting.
  size_t StateBytes() const;                             // Of one person: the slots' sizes.
  size_t RestBytes() const;                              // Of one person: those of the rests.
  std::string MemoryOf(std::string_view user) const;     // The slots' bytes, one after another.

  // All memory, timers and models; Load continues as if nothing had happened. The pipelines must be
  // built from the same text.
  struct Saved;
  std::shared_ptr<const Saved> Save() const;
  void Load(const Saved& saved);

 private:
  struct State;
  explicit PipelineHarness(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bongsu
