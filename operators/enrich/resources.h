// Adds what is known about the touched resource: how sensitive it is, of what type, who owns it.
// The table is a CSV file, rows written in the configuration, or both. Runs in the enrich stage, on
// the thread of the shard; one hash look-up an event. The table is one for all shards (table.h says
// what a row costs).
//
// The columns `sensitivity` and `resource_type` fill those fields of the event where it has none;
// what was observed is never changed. Any other column becomes the derived field
// `resource.<column>`. With a column `owner`, which names a department, `resource.foreign` says
// whether somebody of another department touches it: "true" / "false" (1 / 0), absent when the
// department of the person or the owner is not known. So this stands after `people`.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/enrich/shared.h"
#include "operators/enrich/table.h"

namespace bongsu {

struct ResourcesOptions {
  Located<std::string> file;  // Relative to the configuration file.
  std::map<std::string, std::map<std::string, Located<std::string>>> rows;  // id -> column -> value
  std::optional<double> default_sensitivity;
  std::shared_ptr<Shared<Table>> table = std::make_shared<Shared<Table>>();
  static const FieldTable<ResourcesOptions>& Fields();
};

OperatorSpec ResourcesSpec();

}  // namespace bongsu
