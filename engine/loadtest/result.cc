#include "engine/loadtest/result.h"

#include <cmath>

#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu::loadtest {
namespace {

double Ms(int64_t micros) {
  return static_cast<double>(micros) / 1000;
}

std::string Short(double value) {
  const double scale = value >= 100 ? 1 : 10;
  return StrCat(std::round(value * scale) / scale);
}

void WriteLatency(JsonWriter& json, const Histogram& latency) {
  const auto quantile = [&](std::string_view key, double q) {
    json.Key(key);
    if (latency.count() == 0) {
      json.Null();
    } else {
      json.Double(Ms(latency.Quantile(q)));
    }
  };
  quantile("p50_ms", 0.5);
  quantile("p90_ms", 0.9);
  quantile("p99_ms", 0.99);
  quantile("p999_ms", 0.999);
  quantile("max_ms", 1);
}

void WriteOptional(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  json.Key(key);
  if (value) {
    json.Double(*value);
  } else {
    json.Null();
  }
}

void WriteStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteUtilisation(JsonWriter& json, const Measurements& m) {
  json.Key("utilisation").BeginObject().Key("workers").BeginArray();
  for (const WorkerShare& w : m.workers) {
    json.BeginObject().Key("name").String(w.name).Key("poll").Double(w.poll);
    json.Key("process").Double(w.process).Key("commit").Double(w.commit);
    json.Key("store")
        .Double(w.store)
        .Key("idle")
        .Double(w.idle)
        .Key("throttle")
        .Double(w.throttle)
        .EndObject();
  }
  json.EndArray().Key("stages_us").BeginObject();
  for (const StageTime& stage : m.stages) json.Key(stage.name).Double(stage.micros);
  json.EndObject().Key("event_us").Double(m.event_seconds * 1e6);
  json.Key("commit_ms").Double(m.commit_ms).Key("broker_ack_ms").Double(m.ack_ms);
  json.Key("engine_cores").Double(m.engine_cores).Key("cores").Int(m.cores);
  WriteOptional(json, "machine_busy", m.machine_busy);
  WriteOptional(json, "disk_busy", m.disk_busy);
  WriteOptional(json, "io_pressure", m.io_pressure);
  json.Key("arrivals").BeginArray();
  for (const double rate : m.arrivals) json.Double(rate);
  json.EndArray().Key("lag").BeginArray();
  for (const double lag : m.lag) json.Double(lag);
  json.EndArray().EndObject();
}

// The step whose time `interval` lies in.
std::vector<Histogram> StepLatencies(const Recorder& record) {
  const auto& steps = record.schedule().steps();
  std::vector<Histogram> latencies(steps.size());
  for (const Recorder::Interval& interval : record.intervals()) {
    for (size_t i = 0; i < steps.size(); ++i) {
      if (interval.from >= steps[i].from && interval.from < steps[i].to)
        latencies[i].Add(interval.latency);
    }
  }
  return latencies;
}

}  // namespace

std::string ResultJson(const LoadResult& result) {
  const Run& run = result.run;
  const Verdict verdict = Judge(result.decisive);
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Key("target").Double(run.measured.target);
  json.Key("sent").Int(run.record.sent()).Key("achieved").Double(run.measured.achieved);
  WriteLatency(json, run.record.latency());
  json.Key("passed").Bool(result.passed());
  WriteOptional(json, "headroom_percent", result.headroom_percent);
  json.Key("headroom_at_bound").Bool(result.headroom_at_bound);
  json.Key("bottleneck").String(Name(verdict.bottleneck));
  WriteStrings(json, "evidence", verdict.evidence);
  WriteStrings(json, "advice", verdict.advice);
  json.Key("valid").Bool(result.valid()).Key("stopped").String(run.stopped);
  json.Key("goal_ms").Double(run.measured.goal_ms).Key("resolution_ms").Double(run.round_ms);
  json.Key("loader_late_p99_ms").Double(run.measured.late_ms);
  json.Key("missing").Int(run.record.missing());
  json.Key("alerts").BeginObject().Key("count").Int(run.alerts.count());
  WriteLatency(json, run.alerts);
  json.EndObject();
  WriteUtilisation(json, result.decisive);
  const std::vector<Histogram> latencies = StepLatencies(run.record);
  json.Key("steps").BeginArray();
  for (size_t i = 0; i < latencies.size(); ++i) {
    json.BeginObject().Key("rate").Double(run.record.schedule().steps()[i].rate);
    WriteLatency(json, latencies[i]);
    json.EndObject();
  }
  json.EndArray().Key("probes").BeginArray();
  for (const Probe& probe : result.probes) {
    json.BeginObject().Key("rate").Double(probe.rate).Key("achieved").Double(probe.achieved);
    json.Key("p99_ms").Double(probe.p99_ms).Key("met").Bool(probe.met).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

std::string ResultText(const LoadResult& result) {
  const Run& run = result.run;
  const Measurements& m = run.measured;
  const Histogram& latency = run.record.latency();
  const auto ms = [&](double q) { return Short(Ms(latency.Quantile(q))); };
  std::string text =
      StrCat("\n",
             result.passed()  ? "PASSED"
             : result.valid() ? "NOT PASSED"
                              : "NOT VALID",
             ": ", Short(m.achieved), " of ", Short(m.target), " events/s, 99 % within ", ms(0.99),
             " ms (goal ", Short(m.goal_ms), ")\n");
  if (!run.stopped.empty()) text += StrCat("  ended early: ", run.stopped, "\n");
  text += StrCat("  sent        ", run.record.sent(), " events, 99 % within ", Short(m.late_ms),
                 " ms of their time\n");
  if (run.record.missing() > 0)
    text += StrCat("  never done  ", run.record.missing(), ", counted as late as the end\n");
  text += StrCat("  latency     p50 ", ms(0.5), "  p90 ", ms(0.9), "  p99 ", ms(0.99), "  p99.9 ",
                 ms(0.999), "  max ", Short(Ms(latency.max())),
                 " ms, to the committed result; resolution ", Short(run.round_ms), " ms\n");
  if (run.alerts.count() > 0) {
    text +=
        StrCat("  alerts      ", run.alerts.count(), ", p50 ", Short(Ms(run.alerts.Quantile(0.5))),
               "  p99 ", Short(Ms(run.alerts.Quantile(0.99))), " ms to where they can be read\n");
  }
  const auto& steps = run.record.schedule().steps();
  if (steps.size() > 1) {
    const std::vector<Histogram> latencies = StepLatencies(run.record);
    for (size_t i = 0; i < steps.size(); ++i) {
      text += StrCat("  step        ", Short(steps[i].rate), " events/s: p99 ",
                     Short(Ms(latencies[i].Quantile(0.99))), " ms\n");
    }
  }
  if (result.headroom_percent) {
    text += StrCat("  headroom    ", result.headroom_at_bound ? "at least " : "",
                   Short(*result.headroom_percent), " % of the target still meet the goal (",
                   result.probes.size(), " more runs)\n");
  }
  const Verdict verdict = Judge(result.decisive);
  text += StrCat("  bottleneck  ", Name(verdict.bottleneck));
  if (verdict.bottleneck != Bottleneck::kNone)
    text += StrCat(", at ", Short(result.decisive.target), " events/s");
  text += "\n";
  for (const std::string& sentence : verdict.evidence) text += StrCat("    - ", sentence, "\n");
  for (const std::string& sentence : verdict.advice) text += StrCat("    > ", sentence, "\n");
  return text;
}

}  // namespace bongsu::loadtest
