// How good a run's alerts are, by what was planted in its events: who was caught, how high in the
// list, how long after the deed, why; who alerted though harmless. For `replay --labels`, `eval`
// and `demo`. Pure; any thread.
//
// An alert is a `finding_info.uid`, all its revisions taken together: from the first start to the
// last end, with the risk and the reasons of the last revision. It is right when its person is an
// insider and it meets the time of the plant, or the day after it: [from, to + 24 h].
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/generate/labels.h"
#include "engine/json/writer.h"

namespace bongsu {

// What became of one label.
struct Judged {
  Label label;
  bool alerted = false;  // An alert of the person meets its time: an insider is caught.
  size_t rank = 0;       // Of the person among all who alerted, by highest risk, from 1; 0: never.
  Duration delay{};      // From `from` to the start of the first such alert, not negative.
  double risk = 0;       // 0-100, the highest of such alerts.
  std::string reason;    // The feature that contributed most to that one (else the detector),
  std::string sentence;  // and what it says in English.
  bool explained = false;  // `reason` measures what was planted: IsPlantedReason.
};

// Whether a feature of the shipped configuration measures what insiders of this kind do (plant.h):
// the kinds with the beginnings of such names are in judge.cc. False for kinds of others.
bool IsPlantedReason(std::string_view kind, std::string_view feature);
// Whether there is an answer to that: one of the six kinds.
bool HasPlantedReasons(std::string_view kind);

struct Tally {
  size_t planted = 0, caught = 0;
};

// An alert that is not right.
struct WrongAlert {
  std::string user, reason;
  Timestamp start;
};

struct Judgement {
  int64_t alerts = 0, right = 0;
  size_t people = 0;             // Who alerted.
  std::vector<Judged> insiders;  // In the order of the labels.
  std::vector<Judged> harmless;
  std::vector<WrongAlert> wrong;  // By uid.

  size_t caught() const;
  size_t explained() const;  // Of those caught, for what was planted.
  std::set<std::string> KindsPlanted() const;
  std::set<std::string> KindsCaught() const;
  double precision() const;      // 0 without alerts.
  double recall() const;         // 0 where nothing was planted.
  Duration MedianDelay() const;  // Of those caught; the higher of two in the middle. 0: none.
};

// ReadLabels of a file; messages name it.
Result<std::vector<Label>> ReadLabelsFile(const std::string& path);

// `alerts` as OCSF Detection Findings, in the order in which they were sent. kInvalid, with the
// number of the line, when one is none of ours.
Result<Judgement> Judge(std::span<const std::string> alerts, std::span<const Label> labels);

// Insiders by kind and effect (0: none given), of one or several runs added up.
using TallyTable = std::map<std::string, std::map<double, Tally>>;
void AddTo(const Judgement& judgement, TallyTable* table);
// Harmless people by kind: how many, and how many of them alerted.
void AddHarmlessTo(const Judgement& judgement, std::map<std::string, Tally>* table);

// For people, each with a line end: one line an insider; a table of kinds by effects as
// caught/planted; harmless kinds as alerted/all (empty when there are none).
std::string InsiderTable(const Judgement& judgement);
std::string EffectTable(const TallyTable& table);
std::string HarmlessTable(const std::map<std::string, Tally>& table);
// The three tables and how many, as `replay --labels` shows them.
std::string FormatJudgement(const Judgement& judgement);
// The members `planted` to `recall` of design section 11.
void WriteJudgement(const Judgement& judgement, JsonWriter* json);

}  // namespace bongsu
