// Adds what is known about the touched resource: how sensitive it is, of what type, who owns it.
// The table is a CSV file, rows written in the configuration, or both. Runs in the enrich stage, on
// the thread of the shard; one hash look-up an event.
//
// The columns `sensitivity` and `resource_type` fill those fields of the event where it has none;
// what was observed is never changed. Any other column becomes the derived field
// `resource.<column>`.
#pragma once

#include <map>
#include <string>

#include "engine/core/spec.h"

namespace bongsu {

struct ResourcesOptions {
  Located<std::string> file;  // Relative to the configuration file.
  std::map<std::string, std::map<std::string, Located<std::string>>> rows;  // id -> column -> value
  std::optional<double> default_sensitivity;
  static const FieldTable<ResourcesOptions>& Fields();
};

OperatorSpec ResourcesSpec();

}  // namespace bongsu
