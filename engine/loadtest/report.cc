// ResultHtml: the report, in English or Korean.
#include <algorithm>
#include <cmath>

#include "engine/base/strings.h"
#include "engine/base/xml.h"
#include "engine/loadtest/chart.h"
#include "engine/loadtest/result.h"

namespace bongsu::loadtest {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,'Noto Sans KR','Malgun Gothic',sans-serif;margin:2em "
    "auto;max-width:960px;"
    "padding:0 "
    "1em;color:#222;background:#fff}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.8em}"
    "table{border-collapse:collapse}td,th{padding:.2em .9em .2em "
    "0;text-align:left;vertical-align:top}"
    "td.n,th.n{text-align:right}.word{font-size:1.25em;font-weight:600;padding:.4em "
    ".8em;border-radius:6px;"
    "display:inline-block;color:#fff}.good{background:#00734f}.bad{background:#b23a00}svg{width:"
    "100%;"
    "height:auto;margin:.5em 0}svg text{font-size:12px;fill:#333}svg "
    ".title{font-weight:600;font-size:13px}"
    ".grid{stroke:#ddd;stroke-width:1}";

std::string Short(double value) {
  const double scale = value >= 100 ? 1 : 10;
  return StrCat(std::round(value * scale) / scale);
}

double Ms(int64_t micros) {
  return static_cast<double>(micros) / 1000;
}

double Seconds(int64_t micros) {
  return static_cast<double>(micros) / 1e6;
}

class Page {
 public:
  Page(const LoadResult& result, Language language)
      : result_(result),
        run_(result.run),
        korean_(language == Language::kKorean),
        language_(language) {}

  std::string Write() {
    const std::string_view title = Say("Load test of Bongsu", "봉수 부하 시험");
    html_ = StrCat("<!DOCTYPE html>\n<html lang=\"", korean_ ? "ko" : "en",
                   "\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                   "content=\"width=device-width\"/>\n"
                   "<title>",
                   title, "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<h1>", title,
                   "</h1>\n");
    Headline();
    Figures();
    Bottlenecks();
    Graphs();
    Probes();
    Plan();
    return html_ + "</body>\n</html>\n";
  }

 private:
  std::string_view Say(std::string_view english, std::string_view korean) const {
    return korean_ ? korean : english;
  }
  void Head(std::string_view english, std::string_view korean) {
    html_ += StrCat("<h2>", Say(english, korean), "</h2>\n");
  }
  void Row(std::string_view english, std::string_view korean, std::string_view value) {
    html_ +=
        StrCat("<tr><th>", Say(english, korean), "</th><td>", EscapeXml(value), "</td></tr>\n");
  }

  void Headline() {
    const Measurements& m = run_.measured;
    const std::string_view word = !result_.valid()   ? Say("not valid", "무효")
                                  : result_.passed() ? Say("passed", "통과")
                                                     : Say("not passed", "미통과");
    html_ +=
        StrCat("<p class=\"word ", result_.passed() ? "good" : "bad", "\">", word, "</p>\n<p>");
    const std::string p99 = Short(Ms(run_.record.latency().Quantile(0.99)));
    html_ += korean_
                 ? StrCat("목표 초당 ", Short(m.target), "건 중 ", Short(m.achieved),
                          "건 처리, 99 %가 ", p99, " ms 이내 (목표 ", Short(m.goal_ms), " ms).")
                 : StrCat(Short(m.achieved), " of ", Short(m.target),
                          " events a second; 99 % of results committed within ", p99,
                          " ms of the time the event was due (goal ", Short(m.goal_ms), " ms).");
    html_ += "</p>\n";
    if (!run_.stopped.empty()) {
      html_ +=
          StrCat("<p>", Say("Ended early: ", "조기 종료: "), EscapeXml(run_.stopped), "</p>\n");
    }
  }

  void Figures() {
    const Histogram& latency = run_.record.latency();
    const auto ms = [&](double q) { return StrCat(Short(Ms(latency.Quantile(q))), " ms"); };
    html_ += "<table>\n";
    Row("Started", "시작", result_.started);
    Row("Events sent", "전송 이벤트", StrCat(run_.record.sent()));
    Row("Never done", "미완료", StrCat(run_.record.missing()));
    for (const auto& [name, q] :
         {std::pair("p50", 0.5), {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}) {
      Row(StrCat("Latency ", name), StrCat("지연 ", name), ms(q));
    }
    Row("Longest", "최대 지연", ms(1));
    Row("Resolution of latencies", "지연 측정 해상도", StrCat(Short(run_.round_ms), " ms"));
    Row("Sent late by (p99)", "전송 지체 (p99)", StrCat(Short(run_.measured.late_ms), " ms"));
    if (run_.alerts.count() > 0) {
      Row("Alerts, p99 until readable", "알림, 읽기까지 p99",
          StrCat(run_.alerts.count(), ", ", Short(Ms(run_.alerts.Quantile(0.99))), " ms"));
    }
    if (result_.headroom_percent) {
      Row("Headroom", "여유",
          StrCat(result_.headroom_at_bound ? "≥ " : "", Short(*result_.headroom_percent), " %"));
    }
    html_ += "</table>\n";
  }

  void Bottlenecks() {
    const Verdict verdict = Judge(result_.decisive, language_);
    html_ += StrCat("<h2>", Say("Bottleneck: ", "병목: "), Name(verdict.bottleneck), "</h2>\n");
    if (verdict.bottleneck == Bottleneck::kNone) {
      html_ += StrCat("<p>",
                      Say("The goal was met at every rate that was tried.",
                          "시험한 모든 속도에서 목표를 달성했습니다."),
                      "</p>\n");
      return;
    }
    html_ += StrCat("<p>", Say("Measured at ", "측정 속도: "), Short(result_.decisive.target),
                    Say(" events a second.", "건/초."), "</p>\n<ul>\n");
    for (const std::string& sentence : verdict.evidence)
      html_ += StrCat("<li>", EscapeXml(sentence), "</li>\n");
    html_ += "</ul>\n";
    for (const std::string& sentence : verdict.advice) {
      html_ += StrCat("<p><strong>", Say("What to do: ", "조치: "), "</strong>",
                      EscapeXml(sentence), "</p>\n");
    }
  }

  void Graphs() {
    Head("Over time", "시간별");
    html_ += Draw(Rates()) + Draw(Latencies());
    if (const LineChart lag = Lag(); !lag.lines.empty()) html_ += Draw(lag);
    Head("Latency by percentile", "백분위별 지연");
    html_ += Draw(Percentiles());
    Head("Where time goes", "시간 사용");
    html_ += Draw(Utilisation());
    if (!result_.decisive.stages.empty()) Stages();
  }

  LineChart Rates() const {
    const Recorder& record = run_.record;
    const double length = Seconds(record.interval());
    LineChart chart{std::string(Say("Rate", "처리 속도")),
                    std::string(Say("seconds", "초")),
                    std::string(Say("events a second", "건/초")),
                    {},
                    {}};
    Line asked{std::string(Say("asked", "요청")), {}}, sent{std::string(Say("sent", "전송")), {}},
        done{std::string(Say("done", "완료")), {}};
    for (const Recorder::Interval& i : record.intervals()) {
      const double at = Seconds(i.from) + length / 2;
      const int64_t due = record.schedule().CountBefore(i.from + record.interval()) -
                          record.schedule().CountBefore(i.from);
      asked.points.emplace_back(at, static_cast<double>(due) / length);
      sent.points.emplace_back(at, static_cast<double>(i.sent) / length);
      done.points.emplace_back(at, static_cast<double>(i.done) / length);
    }
    chart.lines = {asked, sent, done};
    return chart;
  }

  LineChart Latencies() const {
    LineChart chart{std::string(Say("Latency by when events were due", "예정 시각별 지연")),
                    std::string(Say("seconds", "초")),
                    "ms",
                    {},
                    {}};
    for (const auto& [name, q] : {std::pair("p50", 0.5), {"p99", 0.99}, {"p99.9", 0.999}}) {
      Line line{name, {}};
      for (const Recorder::Interval& i : run_.record.intervals()) {
        if (i.latency.count() > 0)
          line.points.emplace_back(Seconds(i.from + run_.record.interval() / 2),
                                   Ms(i.latency.Quantile(q)));
      }
      chart.lines.push_back(std::move(line));
    }
    return chart;
  }

  LineChart Lag() const {
    LineChart chart{std::string(Say("Lag of scoring by partition", "파티션별 채점 지체")),
                    std::string(Say("seconds", "초")),
                    std::string(Say("events", "건")),
                    {},
                    {}};
    std::map<int, Line> lines;
    for (const Snapshot& sample : run_.samples) {
      for (const auto& [partition, lag] : sample.lag) {
        lines[partition].points.emplace_back(Seconds(sample.at), lag);
      }
    }
    constexpr size_t kMost = 7;  // The worst: more colours nobody tells apart.
    std::vector<Line> all;
    for (auto& [partition, line] : lines) {
      line.name = StrCat(partition);
      all.push_back(std::move(line));
    }
    const auto worst = [](const Line& a, const Line& b) {
      const auto most = [](const Line& line) {
        double value = 0;
        for (const auto& point : line.points) value = std::max(value, point.second);
        return value;
      };
      return most(a) > most(b);
    };
    std::stable_sort(all.begin(), all.end(), worst);
    if (all.size() > kMost) all.resize(kMost);
    chart.lines = std::move(all);
    return chart;
  }

  // The axis stretches the tail: a nine more is the same distance.
  LineChart Percentiles() const {
    LineChart chart{std::string(Say("Latency", "지연")),
                    std::string(Say("percentile", "백분위")),
                    "ms",
                    {{std::string(Say("of the measured time", "측정 시간 전체")), {}}},
                    {}};
    const Histogram& latency = run_.record.latency();
    const double last =
        std::max(std::log10(static_cast<double>(std::max<int64_t>(latency.count(), 10))), 1.0);
    for (double x = 0; x <= last; x += last / 200) {
      chart.lines[0].points.emplace_back(x, Ms(latency.Quantile(1 - std::pow(10, -x))));
    }
    for (const auto& [x, name] : {std::pair(0.0, "0"),
                                  {0.30103, "50"},
                                  {1.0, "90"},
                                  {2.0, "99"},
                                  {3.0, "99.9"},
                                  {4.0, "99.99"},
                                  {5.0, "99.999"},
                                  {6.0, "99.9999"}}) {
      if (x <= last) chart.x_marks.emplace_back(x, name);
    }
    return chart;
  }

  BarChart Utilisation() const {
    const Measurements& m = result_.decisive;
    BarChart chart;
    chart.title = Say("Of the time of each thread, and of the machine", "스레드별, 장비 사용률");
    chart.parts = {std::string(Say("process", "처리")), std::string(Say("commit", "커밋")),
                   std::string(Say("store", "저장")), std::string(Say("poll", "읽기"))};
    for (const WorkerShare& w : m.workers)
      chart.bars.push_back({w.name, {w.process, w.commit, w.store, w.poll}});
    if (m.machine_busy)
      chart.bars.push_back({std::string(Say("all cores", "전체 코어")), {*m.machine_busy}});
    if (m.disk_busy)
      chart.bars.push_back({std::string(Say("disk", "디스크")), {0, 0, *m.disk_busy}});
    if (m.goal_ms > 0) {
      chart.bars.push_back({std::string(Say("broker's answer/goal", "브로커 응답/목표")),
                            {0, m.ack_ms / m.goal_ms}});
    }
    return chart;
  }

  void Stages() {
    html_ += StrCat("<table>\n<tr><th>", Say("Stage", "단계"), "</th><th class=\"n\">",
                    Say("µs an event", "이벤트당 µs"), "</th></tr>\n");
    for (const StageTime& stage : result_.decisive.stages) {
      html_ += StrCat("<tr><td>", EscapeXml(stage.name), "</td><td class=\"n\">",
                      Short(stage.micros), "</td></tr>\n");
    }
    html_ += "</table>\n";
  }

  void Probes() {
    if (result_.probes.empty()) return;
    Head("Search for headroom", "여유 탐색");
    html_ += StrCat("<table>\n<tr><th class=\"n\">", Say("Rate", "속도"), "</th><th class=\"n\">",
                    Say("Achieved", "처리"), "</th><th class=\"n\">p99 ms</th><th>",
                    Say("Goal", "목표"), "</th></tr>\n");
    for (const Probe& probe : result_.probes) {
      html_ +=
          StrCat("<tr><td class=\"n\">", Short(probe.rate), "</td><td class=\"n\">",
                 Short(probe.achieved), "</td><td class=\"n\">", Short(probe.p99_ms), "</td><td>",
                 probe.met ? Say("met", "달성") : Say("missed", "미달"), "</td></tr>\n");
    }
    html_ += "</table>\n";
  }

  void Plan() {
    Head("What was run", "시험 내용");
    html_ += "<table>\n";
    for (const auto& [name, value] : result_.plan) Row(name, name, value);
    html_ += "</table>\n";
  }

  const LoadResult& result_;
  const Run& run_;
  const bool korean_;
  const Language language_;
  std::string html_;
};

}  // namespace

std::string ResultHtml(const LoadResult& result, Language language) {
  return Page(result, language).Write();
}

}  // namespace bongsu::loadtest
