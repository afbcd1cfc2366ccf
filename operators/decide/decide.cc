#include "operators/decide/decide.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/decide/fold.h"

namespace bongsu {
namespace {

struct Options {
  double threshold = 60;
  Duration cooldown = std::chrono::hours(1);

  static const FieldTable<Options>& Fields() {
    static const auto table =
        FieldTable<Options>()
            .Field("threshold", &Options::threshold,
                   "Risk of an event from which on it is an alert.")
            .Min(0)
            .Max(100)
            .Field("cooldown", &Options::cooldown,
                   "How long further events are folded into a person's alert.")
            .Min(0);
    return table;
  }
};

constexpr char kFoldKind = 'f';

Cause CauseOf(const Origin& origin) {
  return {std::string(origin.source), origin.partition, origin.offset, origin.index};
}

class Decide final : public Operator {
 public:
  Decide(const Options& options, const PipelineSchema& schema)
      : threshold_(options.threshold),
        cooldown_(options.cooldown),
        detectors_(schema.detectors()) {}

  Result<Flow> Process(Event& event, Context& context) override {
    Verdict& verdict = context.verdict();
    if (verdict.risk < threshold_) return Flow::kNext;
    verdict.alerted = true;
    BONGSU_ASSIGN_OR_RETURN(const bool found, context.Get(kFoldKind, &buffer_));
    if (!found) return Create(event, context);
    BONGSU_ASSIGN_OR_RETURN(Fold fold, DecodeFold(buffer_));
    if (event.time >= fold.closes) {
      if (fold.open) Close(&fold, context);
      return Create(event, context);
    }
    if (fold.open) return Add(event, &fold, context);
    // From within a fold that is closed, or from before it: only news if it is worse.
    if (event.time < fold.alert.start && event.time + cooldown_ <= fold.alert.start)
      return Create(event, context);
    if (SeverityOf(verdict.risk) > SeverityOf(fold.alert.risk)) return Create(event, context);
    context.CountSuppressed("late");
    return Flow::kNext;
  }

  Status OnTimer(Timestamp at, Context& context) override {
    BONGSU_ASSIGN_OR_RETURN(const bool found, context.Get(kFoldKind, &buffer_));
    if (!found) return Status::Ok();
    BONGSU_ASSIGN_OR_RETURN(Fold fold, DecodeFold(buffer_));
    if (!fold.open) return Status::Ok();
    if (at < fold.closes) {
      context.SetTimer(fold.closes);
      return Status::Ok();
    }
    Close(&fold, context);
    context.Put(kFoldKind, EncodeFold(fold));
    return Status::Ok();
  }

 private:
  Result<Flow> Create(const Event& event, Context& context) {
    Fold fold;
    fold.closes = event.time + cooldown_;
    fold.sent_risk = context.verdict().risk;
    Alert& alert = fold.alert;
    alert.cause = CauseOf(event.origin);
    alert.time = alert.start = alert.end = event.time;
    alert.user_risk = context.verdict().user_risk;
    TakeEvidence(event, context, &alert);
    alert.detector = MainDetector(context.verdict(), alert);
    Send(alert, context);
    if (cooldown_ > Duration::zero()) {
      context.Put(kFoldKind, EncodeFold(fold));
      context.SetTimer(fold.closes);
    }
    return Flow::kNext;
  }

  Result<Flow> Add(const Event& event, Fold* fold, Context& context) {
    Alert& alert = fold->alert;
    const Verdict& verdict = context.verdict();
    ++alert.count;
    ++fold->unsent;
    alert.start = std::min(alert.start, event.time);
    alert.end = std::max(alert.end, event.time);
    alert.user_risk = verdict.user_risk;
    if (verdict.risk > alert.risk) TakeEvidence(event, context, &alert);
    if (SeverityOf(alert.risk) > SeverityOf(fold->sent_risk)) {
      Update(event.time, fold, context);
    } else {
      context.CountSuppressed("cooldown");
    }
    context.Put(kFoldKind, EncodeFold(*fold));
    return Flow::kNext;
  }

  void Update(Timestamp time, Fold* fold, Context& context) const {
    Alert& alert = fold->alert;
    alert.activity = AlertActivity::kUpdate;
    alert.time = time;
    ++alert.revision;
    fold->unsent = 0;
    fold->sent_risk = alert.risk;
    Send(alert, context);
  }

  // What is left is enough to know that an event came too late for it.
  void Close(Fold* fold, Context& context) const {
    if (fold->unsent > 0) Update(fold->closes, fold, context);
    Alert rest;
    rest.start = fold->alert.start;
    rest.risk = fold->alert.risk;
    fold->alert = std::move(rest);
    fold->open = false;
  }

  static void Send(const Alert& alert, Context& context) {
    Alert out = alert;
    out.user = context.user();
    context.Emit(std::move(out));
  }

  static void TakeEvidence(const Event& event, Context& context, Alert* alert) {
    const Verdict& verdict = context.verdict();
    alert->risk = verdict.risk;
    alert->confidence = Confidence(verdict);
    alert->contributions = context.Explain(event);
    alert->event_json = event.raw;
    alert->evidence = CauseOf(event.origin);
    alert->log_offset = event.log_offset;
  }

  // Maturity of the detectors, by their part in the risk.
  static double Confidence(const Verdict& verdict) {
    double risk = 0, mature = 0;
    for (const Finding& finding : verdict.findings) {
      risk += finding.risk;
      mature += finding.risk * finding.maturity;
    }
    return risk > 0 ? std::clamp(100 * mature / risk, 0.0, 100.0) : 0;
  }

  std::string MainDetector(const Verdict& verdict, const Alert& alert) const {
    std::vector<double> points(detectors_.size());
    for (const Contribution& c : alert.contributions) {
      const auto at = std::find(detectors_.begin(), detectors_.end(), c.detector);
      if (at != detectors_.end()) points[static_cast<size_t>(at - detectors_.begin())] += c.points;
    }
    if (alert.contributions.empty()) {
      for (const Finding& finding : verdict.findings) points[finding.detector] = finding.risk;
    }
    if (points.empty()) return "";
    return detectors_[static_cast<size_t>(std::max_element(points.begin(), points.end()) -
                                          points.begin())];
  }

  double threshold_;
  Duration cooldown_;
  std::vector<std::string> detectors_;
  std::string buffer_;  // Reused between events.
};

}  // namespace

OperatorSpec DecideSpec() {
  return Spec<Options>("decide", Stage::kDecide)
      .Summary("Turns events of high risk into alerts, and folds what follows into the first.")
      .Example("decide: {threshold: 60, cooldown: 1h}")
      .Details(
          "An alert is created by the first event at or over the threshold, updated at once when "
          "its severity band "
          "rises, and once more when the cool-down ends if events were folded since.")
      .Build([](const Options& options, BuildContext& context) -> std::unique_ptr<Operator> {
        return std::make_unique<Decide>(options, context.schema);
      });
}

}  // namespace bongsu
