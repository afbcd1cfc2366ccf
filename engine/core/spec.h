// What the program knows about an operator: its name, stage, options and how to build it. Each
// operator has one function that returns its spec; operators/all.cc lists them all.
//
//   OperatorSpec BurstSpec() {
//     return Spec<BurstOptions>("burst", Stage::kDetect)
//         .Summary("Alerts when one user repeats an action too often.")
//         .Example("burst: {action: LOGIN, limit: 5}")
//         .Build([](const BurstOptions& options, BuildContext& context) ->
//         std::unique_ptr<Operator> {…});
//   }
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/fields.h"
#include "engine/core/operator.h"

namespace bongsu {

// The stages of the pipeline, in the order in which an event passes them.
enum class Stage { kNormalize, kEnrich, kProfile, kDetect, kScore, kDecide };
std::string_view StageName(Stage stage);

// The bytes of a file that options name; kNotFound with the reason alone.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// What a builder may ask for. A builder that finds a problem reports it and returns null.
struct BuildContext {
  PipelineSchema& schema;
  Problems& problems;
  Mark mark;             // Where the operator's options begin.
  std::string path;      // "features[3]"
  std::string base_dir;  // Relative paths of files (tables, calendars) start here.
  int partitions = 1;    // Of bongsu.events: what is for the whole bank is shared out among them.
  ReadFile read_file = nullptr;  // How tables get their bytes; null: from the disk.

  // The slot or index for a name, or a problem at its place.
  std::optional<size_t> Field(const Located<std::string>& name);
  std::optional<size_t> Feature(const Located<std::string>& name);
  void Problem(const Status& status) { problems.Add(mark, path, status.message()); }
};

struct OperatorSpec {
  using Options = std::shared_ptr<const void>;
  std::string name;
  Stage stage = Stage::kDetect;
  std::string summary, example, details;
  std::vector<FieldInfo> fields;
  std::function<Options(const ConfigNode&, const std::string& path, Problems*)> parse;
  std::function<std::unique_ptr<Operator>(const Options&, BuildContext&)> build;
};

template <typename O>
class Spec {
 public:
  Spec(std::string name, Stage stage) {
    spec_.name = std::move(name);
    spec_.stage = stage;
    spec_.fields = O::Fields().fields();
  }
  Spec& Summary(std::string text) { return spec_.summary = std::move(text), *this; }
  // One item of the configuration as a user writes it; conformance tests build it.
  Spec& Example(std::string yaml) { return spec_.example = std::move(yaml), *this; }
  // More for the reference page: the paper, what it misses.
  Spec& Details(std::string text) { return spec_.details = std::move(text), *this; }
  OperatorSpec Build(std::function<std::unique_ptr<Operator>(const O&, BuildContext&)> build) {
    spec_.parse = [](const ConfigNode& node, const std::string& path,
                     Problems* problems) -> OperatorSpec::Options {
      auto options = std::make_shared<O>();
      O::Fields().Parse(node, path, options.get(), problems);
      return options;
    };
    spec_.build = [build = std::move(build)](const OperatorSpec::Options& options,
                                             BuildContext& context) {
      return build(*static_cast<const O*>(options.get()), context);
    };
    return std::move(spec_);
  }

 private:
  OperatorSpec spec_;
};

// One configured operator: its spec, its checked options and where they stand.
struct ConfiguredOperator {
  const OperatorSpec* spec = nullptr;
  OperatorSpec::Options options;
  Mark mark;
  std::string path;
};

}  // namespace bongsu
