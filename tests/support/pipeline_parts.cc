#include "tests/support/pipeline_parts.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

std::string_view NextWord(std::string_view* text) {
  const size_t end = std::min(text->find(' '), text->size());
  const std::string_view word = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return word;
}

double* NumberIn(std::span<std::byte> slot) {
  return reinterpret_cast<double*>(slot.data());
}

// Counts a person's events: the feature `events`, and a second memory under a kind of its own.
class Counting final : public Operator {
 public:
  explicit Counting(PipelineSchema& schema)
      : slot_(schema.AddSlot({"events count", 8})),
        feature_(*schema.AddFeature({"events", "events", "How many."})) {}
  Result<Flow> Process(Event& event, Context& context) override {
    double* const count = NumberIn(context.Slot(slot_));
    event.features[feature_] = *count += 1;
    BONGSU_RETURN_IF_ERROR(context.Get('f', &before_).status());
    context.Put('f', StrCat(*count));
    if (event.fields[kAction].text == "DROP") return Flow::kDrop;
    return Flow::kNext;
  }

 private:
  size_t slot_, feature_;
  std::string before_;
};

class Learning final : public Operator {
 public:
  Learning(PipelineSchema& schema, const PartsOptions& options)
      : model_(options.model_weight),
        detector_(*schema.AddDetector("folding")),
        entry_(*schema.AddModel("folding", &model_, options.model_inputs)) {}
  Result<Flow> Process(Event& event, Context& context) override {
    x_ = static_cast<double>(Hash64(event.fields[kEventId].text) % 1000) / 1000;
    context.verdict().findings.push_back(
        {detector_, model_.Score({&x_, 1}), 1, 50, model_.Maturity()});
    return Flow::kNext;
  }
  void Learn(const Event&, const Verdict&, Context& context) noexcept override {
    context.Learn(entry_, {&x_, 1});
  }
  void Explain(const Event&, std::span<Reason> reasons) const noexcept override {
    reasons[0].share = 1;
  }

 private:
  FoldingModel model_;
  size_t detector_, entry_;
  double x_ = 0;
};

// Waits an hour, says so, and is done.
class Waiting final : public Operator {
 public:
  Result<Flow> Process(Event& event, Context& context) override {
    if (event.fields[kAction].text == "WAIT") context.SetTimer(event.time + std::chrono::hours(1));
    if (event.fields[kAction].text == "CANCEL") context.SetTimer(std::nullopt);
    return Flow::kNext;
  }
  Status OnTimer(Timestamp at, Context& context) override {
    UserRisk risk;
    risk.user = context.user();
    risk.as_of = at;
    risk.score = 7;
    context.Emit(std::move(risk));
    return Status::Ok();
  }
};

class Alarming final : public Operator {
 public:
  Result<Flow> Process(Event& event, Context& context) override {
    Verdict& verdict = context.verdict();
    verdict.risk = verdict.findings[0].raw * 100;
    if (std::fmod(event.features[0], 3) == 0) {
      Alert alert;
      alert.user = event.user;
      alert.detector = "folding";
      alert.cause = {std::string(event.origin.source), event.origin.partition, event.origin.offset,
                     event.origin.index};
      alert.time = event.time;
      alert.risk = verdict.risk;
      alert.contributions = context.Explain(event);
      context.Emit(std::move(alert));
    }
    UserRisk risk;
    risk.user = event.user;
    risk.as_of = event.time;
    risk.score = verdict.risk;
    risk.tombstone = event.fields[kAction].text == "FORGET";
    context.Emit(std::move(risk));
    if (event.late) context.CountSuppressed("late");
    return Flow::kNext;
  }
};

// The last to speak: by then everybody has written.
class Breaking final : public Operator {
 public:
  Result<Flow> Process(Event& event, Context& context) override {
    if (event.fields[kAction].text != "BOOM") return Flow::kNext;
    context.SetTimer(event.time);
    context.Delete('f');
    context.CountSuppressed("never");
    return Status::Invalid("the operator breaks on BOOM");
  }
};

class PlainDecoder final : public EventDecoder {
 public:
  explicit PlainDecoder(const EventSchema& schema) : slots_(schema.size()) {}
  std::optional<Rejection> Decode(std::string_view line, Event* event) override {
    const PlainEvent plain = PlainEvent::Parse(line);
    if (!plain.good) return Rejection{"json", "", "not an event"};
    event->fields.assign(slots_, Value());
    event->fields[kEventId].text = plain.id;
    event->fields[kUserId].text = plain.user;
    event->fields[kAction].text = plain.action;
    event->fields[kSource].text = plain.source;
    event->user = plain.user;
    event->time = plain.time;
    event->raw = line;
    return std::nullopt;
  }

 private:
  size_t slots_;
};

class PlainEncoder final : public AlertEncoder {
 public:
  void EncodeAlert(const Alert& alert, std::string* out) override {
    *out += StrCat("alert ", alert.user, " ", FormatOrigin(alert.cause.origin()), " ", alert.risk);
    for (const Contribution& part : alert.contributions) {
      *out += StrCat(" ", part.detector, "/", part.feature, "=", part.points);
    }
  }
  void EncodeUserRisk(const UserRisk& risk, std::string* out) override {
    *out += StrCat("risk ", risk.user, " ", ToMillis(risk.as_of), " ", risk.score);
  }
  void EncodeSample(const Sample& sample, std::string* out) override {
    *out += StrCat("sample ", sample.user, " ", SampleWhyName(sample.why));
  }
};

class PlainReceipts final : public ReceiptEncoder {
 public:
  void Encode(const Alert& alert, std::string_view alert_json, const Receipt& receipt,
              const Add& add) override {
    std::string text = StrCat(alert_json, " | ", receipt.timer, receipt.event, " late ",
                              int{receipt.late}, " at ", ToMillis(receipt.time));
    for (const Receipt::Entry& entry : receipt.person)
      text +=
          StrCat(" ", entry.name, "=", entry.name == "u" ? HexEncode(entry.bytes) : entry.bytes);
    for (const Receipt::ModelEntry& model : receipt.models)
      text += StrCat(" ", model.name, "=", HexEncode(*model.snapshot));
    add(StrCat("receipt/", alert.user), text);
  }
};

}  // namespace

PlainEvent PlainEvent::Parse(std::string_view line) {
  PlainEvent event;
  event.id = NextWord(&line);
  event.user = NextWord(&line);
  event.action = NextWord(&line);
  const std::string_view second = NextWord(&line);
  event.source = line.empty() ? "app" : line;
  int64_t seconds = 0, number = 0;
  event.good =
      !second.empty() &&
      std::from_chars(second.data(), second.data() + second.size(), seconds).ec == std::errc();
  std::from_chars(event.id.data(), event.id.data() + event.id.size(), number);
  event.time = FromMillis(seconds * 1000);
  event.origin = FormatOrigin({event.source, 0, number, 0});
  return event;
}

double FoldingModel::Score(std::span<const double> x) const noexcept {
  return std::abs(x[0] - mean_);
}

void FoldingModel::Learn(std::span<const double> x) noexcept {
  mean_ += weight_ * (x[0] - mean_);
  ++learned_;
}

void FoldingModel::Contributions(std::span<const double>, std::span<double> out) const noexcept {
  out[0] = 1;
}

std::string FoldingModel::Save() const {
  std::string out(24, '\0');
  std::memcpy(out.data(), &weight_, 8);
  std::memcpy(out.data() + 8, &mean_, 8);
  std::memcpy(out.data() + 16, &learned_, 8);
  return out;
}

Status FoldingModel::Load(std::string_view snapshot) {
  double weight = 0;
  if (snapshot.size() != 24) return Status::Corrupt("not a snapshot");
  std::memcpy(&weight, snapshot.data(), 8);
  if (weight != weight_) return Status::Invalid("of another weight");
  std::memcpy(&mean_, snapshot.data() + 8, 8);
  std::memcpy(&learned_, snapshot.data() + 16, 8);
  return Status::Ok();
}

ScoreParts MakeParts(const PartsOptions& options) {
  PipelineSchema schema;
  for (const SlotInfo& slot : options.more_slots) schema.AddSlot(slot);
  std::vector<PipelineStep> steps;
  steps.push_back({"counting", Stage::kProfile, std::make_unique<Counting>(schema)});
  steps.push_back({"learning", Stage::kDetect, std::make_unique<Learning>(schema, options)});
  steps.push_back({"waiting", Stage::kScore, std::make_unique<Waiting>()});
  steps.push_back({"alarming", Stage::kDecide, std::make_unique<Alarming>()});
  steps.push_back({"breaking", Stage::kDecide, std::make_unique<Breaking>()});
  ScoreParts parts;
  parts.pipeline = std::make_unique<Pipeline>(std::move(schema), std::move(steps));
  parts.decoder = std::make_unique<PlainDecoder>(parts.pipeline->schema().fields);
  parts.encoder = std::make_unique<PlainEncoder>();
  if (options.receipts) parts.receipts = std::make_unique<PlainReceipts>();
  return parts;
}

}  // namespace bongsu
