#include "operators/enrich/resources.h"

#include <algorithm>
#include <utility>

#include "engine/base/strings.h"
#include "operators/enrich/flag.h"

namespace bongsu {
namespace {

constexpr std::string_view kForeign = "foreign";

class Resources final : public Operator {
 public:
  Resources(std::shared_ptr<const Table> table, EventSchema* fields,
            std::optional<double> default_sensitivity)
      : table_(std::move(table)), slots_(table_->Slots(fields)) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (table_->columns()[i].name == "owner") owner_ = slots_[i];
    }
    if (owner_) foreign_ = fields->AddDerived(StrCat("resource.", kForeign), true);
    if (default_sensitivity) {
      default_text_ = StrCat(*default_sensitivity);
      default_ = {default_text_, *default_sensitivity};
    }
  }

  Result<Flow> Process(Event& event, Context&) override {
    const Value id = event.fields[kResourceId];
    if (!id.present()) return Flow::kNext;
    table_->Fill(table_->Find(id.text), slots_, &event);
    Value& sensitivity = event.fields[kSensitivity];
    if (!sensitivity.present()) sensitivity = default_;
    if (owner_) {
      const Value department = event.fields[kDepartment], owner = event.fields[*owner_];
      if (department.present() && owner.present()) {
        event.fields[foreign_] = Flag(department.text != owner.text);
      }
    }
    return Flow::kNext;
  }

 private:
  const std::shared_ptr<const Table> table_;
  const std::vector<size_t> slots_;
  std::optional<size_t> owner_;
  size_t foreign_ = 0;  // With an owner.
  std::string default_text_;
  Value default_;
};

std::shared_ptr<const Table> Load(const ResourcesOptions& options, BuildContext& context) {
  TableRules rules;
  rules.what = "resource";
  rules.key = kFieldNames[kResourceId];
  rules.fills = {kSensitivity, kResourceType};
  rules.derived = kForeign;
  TableLoader loader(std::move(rules), &context.problems);
  if (!options.file.value.empty()) loader.AddFile(options.file, TableFolder(context));
  for (const auto& [id, cells] : options.rows) {
    const Mark mark = cells.empty() ? context.mark : cells.begin()->second.mark;
    loader.AddRow(id, cells, mark, StrCat(context.path, ".rows.", id));
  }
  return loader.Finish();
}

std::unique_ptr<Operator> Build(const ResourcesOptions& options, BuildContext& context) {
  std::shared_ptr<const Table> table = options.table->Get([&] { return Load(options, context); });
  if (table == nullptr) {
    context.schema.fields.AddUnknown("resource.");
    return nullptr;
  }
  return std::make_unique<Resources>(std::move(table), &context.schema.fields,
                                     options.default_sensitivity);
}

}  // namespace

const FieldTable<ResourcesOptions>& ResourcesOptions::Fields() {
  static const auto table =
      FieldTable<ResourcesOptions>()
          .Field("file", &ResourcesOptions::file,
                 "A CSV file with a header, resource_id first; relative to the configuration file.")
          .Field("rows", &ResourcesOptions::rows,
                 "Rows written here: resource_id: {column: value}.")
          .Field("default_sensitivity", &ResourcesOptions::default_sensitivity,
                 "Of resources about which neither event nor table says it.")
          .Min(0)
          .Max(10);
  return table;
}

OperatorSpec ResourcesSpec() {
  return Spec<ResourcesOptions>("resources", Stage::kEnrich)
      .Summary("Adds what is known about the touched resource: sensitivity, type, owner.")
      .Example(
          "resources: {rows: {customer_db: {sensitivity: 9, owner: retail}, "
          "wiki: {sensitivity: 1, owner: it}}, default_sensitivity: 3}")
      .Details(
          "The columns `sensitivity` (0-10) and `resource_type` fill those fields where the event "
          "has none; what was observed is never changed. Any other column becomes the derived "
          "field `resource.<column>`. Events without `resource_id` stay as they are. With a column "
          "`owner`, the department that owns the resource, `resource.foreign` is \"true\" when the "
          "person's department is another and \"false\" when it is the same; stand after `people`, "
          "which knows the department. A bad row is a problem with file and line, and nothing "
          "starts.")
      .Build(Build);
}

}  // namespace bongsu
