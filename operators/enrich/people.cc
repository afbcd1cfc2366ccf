#include "operators/enrich/people.h"

#include <utility>
#include <vector>

#include "operators/enrich/local_time.h"
#include "operators/enrich/time_zone.h"

namespace bongsu {
namespace {

class People final : public Operator {
 public:
  People(std::shared_ptr<const Table> table, std::unique_ptr<TimeZone> zone, EventSchema* fields)
      : table_(std::move(table)), zone_(std::move(zone)), slots_(table_->Slots(fields)) {}

  Result<Flow> Process(Event& event, Context&) override {
    const auto day = static_cast<int32_t>(DayOf(zone_->LocalSeconds(event.time)));
    table_->Fill(table_->Find(event.user, day), slots_, &event);
    return Flow::kNext;
  }

 private:
  const std::shared_ptr<const Table> table_;
  const std::unique_ptr<TimeZone> zone_;
  const std::vector<size_t> slots_;
};

std::shared_ptr<const Table> Load(const PeopleOptions& options, BuildContext& context) {
  TableRules rules;
  rules.what = "person";
  rules.key = kFieldNames[kUserId];
  rules.dated = true;
  rules.fills = {kDepartment, kRole, kPeerGroup};
  TableLoader loader(std::move(rules), &context.problems);
  loader.AddFile(options.file, TableFolder(context));
  return loader.Finish();
}

std::unique_ptr<Operator> Build(const PeopleOptions& options, BuildContext& context) {
  if (context.schema.fields.Slot("resource.foreign").ok()) {
    context.problems.Add(context.mark, context.path,
                         "expected people before resources, which compares the department with "
                         "the owner; move it up");
    return nullptr;
  }
  std::unique_ptr<TimeZone> zone = MakeZone(options.zone, context);
  std::shared_ptr<const Table> table = options.table->Get([&] { return Load(options, context); });
  if (table == nullptr) context.schema.fields.AddUnknown("person.");
  if (zone == nullptr || table == nullptr) return nullptr;
  return std::make_unique<People>(std::move(table), std::move(zone), &context.schema.fields);
}

}  // namespace

const FieldTable<PeopleOptions>& PeopleOptions::Fields() {
  static const auto table =
      FieldTable<PeopleOptions>()
          .Field("file", &PeopleOptions::file,
                 "A CSV file whose header begins with user_id,from; relative to the configuration "
                 "file.")
          .Required()
          .Field("zone", &PeopleOptions::zone,
                 "The time zone of the IANA database in which the days of `from` begin.");
  return table;
}

OperatorSpec PeopleSpec() {
  return Spec<PeopleOptions>("people", Stage::kEnrich)
      .Summary("Adds what is known about the person on the day: department, role, peer group, …")
      .Example("people: {file: people.csv}")
      .Details(
          "The header is `user_id,from,…`. `from` is a date, or empty for always; of a person's "
          "rows the one with the latest `from` that is not after the event's day holds, so a late "
          "event is judged by what held when it happened. The columns `department`, `role` and "
          "`peer_group` fill those fields where the event has none; what was observed is never "
          "changed. Any other column becomes the derived field `person.<column>`. Stand before "
          "`calendar` and `resources`, which use them. A bad row is a problem with file and line, "
          "and nothing starts.")
      .Build(Build);
}

}  // namespace bongsu
