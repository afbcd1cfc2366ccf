// Which events an aggregate counts: a map of field -> value or list of values, as in
// `{action: [LOGIN, LOGOUT], off_hours: true}`. All fields must match; of a list, one value. Names
// are resolved to slots when the pipeline is built; a match is a few comparisons.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/spec.h"

namespace bongsu {

struct FilterOptions {
  struct Term {
    Located<std::string> field;
    std::vector<Located<std::string>> values;
  };
  std::vector<Term> terms;  // In file order; none matches every event.

  // The same text for the same meaning, whatever the order in which it was written: part of the
  // identity of a slot.
  std::string Canonical() const;
  std::string Describe() const;  // "action is LOGIN and result is FAIL", for people.
};

template <>
struct FieldCodec<FilterOptions> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    FilterOptions* out, Problems* problems);
  static std::string Print(const FilterOptions& filter);
  static SchemaNode Schema(const FieldInfo& info);
};

class Filter final {
 public:
  Filter() = default;
  // nullopt, with the problems reported, when a name or a value cannot be.
  static std::optional<Filter> Make(const FilterOptions& options, BuildContext& context);
  bool Matches(const Event& event) const;

 private:
  struct Term {
    size_t slot = 0;
    bool numeric = false;
    std::vector<std::string> texts;
    std::vector<double> numbers;
  };
  std::vector<Term> terms_;
};

}  // namespace bongsu
