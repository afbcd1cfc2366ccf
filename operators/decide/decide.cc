#include "operators/decide/decide.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "operators/decide/fold.h"
#include "operators/models/alert_budget.h"

namespace bongsu {
namespace {

struct Options {
  double threshold = 60;
  Duration cooldown = std::chrono::hours(1);
  Located<std::string> budget;
  double sampled = 0.001;

  static const FieldTable<Options>& Fields() {
    static const auto table =
        FieldTable<Options>()
            .Field("threshold", &Options::threshold,
                   "Risk of an event from which on it is an alert; with a budget, the least that "
                   "may be one.")
            .Min(0)
            .Max(100)
            .Field("cooldown", &Options::cooldown,
                   "How long further events are folded into a person's alert.")
            .Min(0)
            .Field("budget", &Options::budget,
                   "How many alerts people can look at, for the whole bank, such as 50/day or "
                   "10/week: the threshold rises so that no more are made; critical ones always "
                   "are.")
            .Field("sampled", &Options::sampled,
                   "Share of all events whose features go to the samples topic, besides those of "
                   "alerts.")
            .Min(0)
            .Max(1);
    return table;
  }
};

constexpr double kCritical = 95;
constexpr double kRise = 5;  // Points by which a candidate of the same person is news.

constexpr char kFoldKind = 'f';

Cause CauseOf(const Origin& origin) {
  return {std::string(origin.source), origin.partition, origin.offset, origin.index};
}

class Decide final : public Operator {
 public:
  // `per_day`: this partition's share of the budget, 0 when there is none.
  Decide(const Options& options, double per_day, BuildContext& context)
      : threshold_(options.threshold),
        cooldown_(options.cooldown),
        sampled_(static_cast<uint64_t>(options.sampled * kHashes)),
        detectors_(context.schema.detectors()) {
    if (per_day == 0) return;
    budget_.emplace(per_day);
    const Result<size_t> model =
        context.schema.AddModel("decide.budget", &*budget_, "risk, time, alerted");
    if (!model.ok()) context.Problem(model.status());
    if (model.ok()) model_ = *model;
    slot_ = context.schema.AddSlot({"decide, below the budget", kQuietBytes});
  }

  Result<Flow> Process(Event& event, Context& context) override {
    lesson_.reset();
    Result<Flow> flow = Judge(event, context);
    if (flow.ok() && Hash64(event.fields[kEventId].text) % kHashes < sampled_) {
      context.Emit(SampleOf(event, context, Sample::Why::kRandom, threshold_));
    }
    return flow;
  }

  void Learn(const Event&, const Verdict&, Context& context) noexcept override {
    if (lesson_) context.Learn(model_, *lesson_);
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
  static constexpr uint64_t kHashes = 1'000'000;

  // What a person's last candidate below the budget was; zeros at first.
  struct Quiet {
    int64_t until = 0;  // Microseconds of event time.
    double risk = 0;
  };
  static constexpr size_t kQuietBytes = sizeof(Quiet);

  Result<Flow> Judge(const Event& event, Context& context) {
    if (context.verdict().risk < threshold_) return Flow::kNext;
    BONGSU_ASSIGN_OR_RETURN(const bool found, context.Get(kFoldKind, &buffer_));
    if (!found) return Admit(event, context);
    BONGSU_ASSIGN_OR_RETURN(Fold fold, DecodeFold(buffer_));
    if (event.time >= fold.closes) {
      if (fold.open) {
        Close(&fold, context);
        context.Put(kFoldKind, EncodeFold(fold));
      }
      return Admit(event, context);
    }
    if (fold.open) return Add(event, &fold, context);
    // From within a fold that is closed, or from before it: only news if it is worse.
    if (event.time < fold.alert.start && event.time + cooldown_ <= fold.alert.start)
      return Admit(event, context);
    if (SeverityOf(context.verdict().risk) > SeverityOf(fold.alert.risk))
      return Admit(event, context);
    context.verdict().alerted = true;
    context.CountSuppressed("late");
    return Flow::kNext;
  }

  // An alert, if the budget has room for it.
  Result<Flow> Admit(const Event& event, Context& context) {
    if (!budget_) return Create(event, context, threshold_);
    const double risk = context.verdict().risk;
    const double seconds = ToSeconds(event.time.time_since_epoch());
    const double limit = budget_->Threshold(threshold_);
    const bool alert = risk >= kCritical || (risk >= limit && budget_->HasRoom(seconds));
    const bool news = IsNews(event, risk, context);
    if (alert || news) {
      constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
      lesson_ = {news ? risk : kNone, seconds, alert ? 1.0 : 0.0};
    }
    if (alert) return Create(event, context, limit);
    context.CountSuppressed("budget");
    if (news) context.Emit(SampleOf(event, context, Sample::Why::kBelowBudget, limit));
    return Flow::kNext;
  }

  // Whether this is the person's first candidate in a cool-down, or clearly more than the last one.
  bool IsNews(const Event& event, double risk, Context& context) const {
    const std::span<std::byte> slot = context.Slot(slot_);
    Quiet quiet;
    std::memcpy(&quiet, slot.data(), sizeof(quiet));
    const int64_t now = event.time.time_since_epoch().count();
    const bool fresh = now >= quiet.until;
    if (!fresh && risk < quiet.risk + kRise) return false;
    quiet.risk = risk;
    if (fresh) quiet.until = now + cooldown_.count();
    std::memcpy(slot.data(), &quiet, sizeof(quiet));
    return true;
  }

  Sample SampleOf(const Event& event, Context& context, Sample::Why why, double threshold) const {
    Sample sample;
    sample.why = why;
    sample.user = context.user();
    sample.time = event.time;
    sample.cause = CauseOf(event.origin);
    const Verdict& verdict = context.verdict();
    sample.risk = verdict.risk;
    sample.user_risk = verdict.user_risk;
    sample.threshold = threshold;
    sample.features = event.features;
    sample.risks.resize(detectors_.size());
    for (const Finding& finding : verdict.findings) sample.risks[finding.detector] = finding.risk;
    return sample;
  }

  Result<Flow> Create(const Event& event, Context& context, double threshold) {
    context.verdict().alerted = true;
    context.Emit(SampleOf(event, context, Sample::Why::kAlert, threshold));
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
    Verdict& verdict = context.verdict();
    verdict.alerted = true;
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
  uint64_t sampled_;  // Of kHashes.
  std::vector<std::string> detectors_;
  std::optional<AlertBudget> budget_;
  size_t model_ = 0, slot_ = 0;                  // Of the budget.
  std::optional<std::array<double, 3>> lesson_;  // Of the event in hand, for the budget.
  std::string buffer_;                           // Reused between events.
};

// Alerts a day of "50/day" or "10/week"; nullopt when it is something else.
std::optional<double> PerDay(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view unit = text.substr(slash + 1);
  const double days = unit == "day" ? 1 : unit == "week" ? 7 : unit == "hour" ? 1.0 / 24 : 0;
  int64_t alerts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, alerts);
  if (days == 0 || error != std::errc() || end != text.data() + slash || alerts < 1 ||
      alerts > 1'000'000'000) {
    return std::nullopt;
  }
  return static_cast<double>(alerts) / days;
}

std::unique_ptr<Operator> Build(const Options& options, BuildContext& context) {
  const std::string& budget = options.budget.value;
  const std::optional<double> per_day = budget.empty() ? 0 : PerDay(budget);
  if (!per_day) {
    context.problems.Add(options.budget.mark, options.budget.path,
                         StrCat("expected a number of alerts a day, week or hour such as 50/day, "
                                "got \"",
                                std::string_view(budget).substr(0, 100), "\""));
    return nullptr;
  }
  return std::make_unique<Decide>(options, *per_day / context.partitions, context);
}

}  // namespace

OperatorSpec DecideSpec() {
  return Spec<Options>("decide", Stage::kDecide)
      .Summary("Turns events of high risk into alerts, and folds what follows into the first.")
      .Example("decide: {threshold: 60, cooldown: 1h}")
      .Details(
          "An alert is created by the first event at or over the threshold, updated at once when "
          "its severity band "
          "rises, and once more when the cool-down ends if events were folded since. With a budget "
          "the threshold follows the risks of the last weeks, and no window of a day (or as long "
          "as "
          "the budget takes to be one alert) has more alerts than the budget; a partition has its "
          "share. What fell below is counted as suppressed by \"budget\" and written to the "
          "samples "
          "topic as below_budget: bongsu tail --below-budget lists it.")
      .Build(Build);
}

}  // namespace bongsu
