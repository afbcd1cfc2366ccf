// How far a number is from this person's own normal, in standard deviations: 0 usual, 3 far above,
// negative below. The number is an aggregate written inline (count, sum, mean, max, ratio,
// distinct), which becomes a feature `<name>_value` of its own, or an earlier feature by name.
// The normal is learned from the highest value of each period; see baseline.h, which also says how
// it is guarded against few periods, extreme days and slow adaptation. NaN while fewer than
// `learning` periods have finished and where the number is NaN.
//
// Periods are multiples of `period` since the epoch: days begin at midnight UTC. The event's value
// is compared before its own period joins. A late event is compared with the baseline as it stands
// and teaches nothing of a period that has passed.
//
// What grows over weeks, such as the distinct resources of a fortnight, would teach its own growth
// day by day: `lag` keeps the newest periods out of the baseline until they are that old.
//
// Event::normals gets the person's usual and high value, in the unit of the number, when the score
// is above 0: nobody asks otherwise, and it costs two exponentials.
//
// Runs in the profile stage, on the thread of the shard. Memory a person: 24 bytes, and 4
// for each period of the lag, besides those of the number.
#pragma once

#include <string>

#include "engine/core/spec.h"

namespace bongsu {

// What is compared: an aggregate without a name, or the name of a feature.
struct ComparedNumber {
  const OperatorSpec* kind = nullptr;  // Null: `feature` names it.
  ConfigNode options;                  // Of the kind.
  Located<std::string> feature;
};

template <>
struct FieldCodec<ComparedNumber> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    ComparedNumber* out, Problems* problems);
  static std::string Print(const ComparedNumber&) { return ""; }
  static SchemaNode Schema(const FieldInfo& info);
};

struct ZScoreOptions {
  Located<std::string> name;
  ComparedNumber zscore;
  Duration baseline = std::chrono::days(30);
  Duration period = std::chrono::days(1);
  int learning = 5;
  int lag = 0;
  double prior = 3;
  double cap = 3;
  double scale = 1;
  std::string description, label, label_ko;
  static const FieldTable<ZScoreOptions>& Fields();
};

OperatorSpec ZScoreSpec();

}  // namespace bongsu
