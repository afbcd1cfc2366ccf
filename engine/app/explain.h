// An alert, a person's risk or one event as a page of text for people, in English or Korean: who,
// when, how high, the parts of the risk with their points (which add up to it), what was seen
// against what is usual, the event behind it, and what it was made with. Behind `bongsu explain`.
// Pure; any thread. What came from outside is printable afterwards. Times are UTC.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/alerting/explanation.h"
#include "engine/app/explain_event.h"
#include "engine/core/operator.h"
#include "engine/json/reader.h"

namespace bongsu {

class ExplainText final {
 public:
  // `features` of the pipeline give labels and units; without them the names stand.
  ExplainText(std::vector<FeatureInfo> features, bool korean);

  // `alert` is a finding as engine/alerting writes it. kInvalid when it is none.
  Result<std::string> Alert(JsonValue alert) const;
  // The same for a record of bongsu.user-risk; the risk is that of the moment `at`.
  Result<std::string> User(JsonValue risk, Timestamp at) const;
  std::string Event(const ExplainedEvent& event) const;

 private:
  using Row = std::vector<std::string>;
  std::string_view Say(std::string_view english, std::string_view korean) const {
    return korean_ ? korean : english;
  }
  // Shared by the pages; each with line ends.
  std::string Points(const std::vector<Contribution>& contributions) const;
  Row PointsRow(const std::vector<Contribution>& parts, double points) const;
  std::string EventMembers(JsonValue event, const std::string& origin) const;
  void AddMembers(JsonValue object, const std::string& prefix, std::vector<Row>* rows) const;
  std::string Seen(const Contribution& part) const;
  std::string Usual(const Contribution& part) const;
  std::string Share(double tail) const;
  std::string RiskText(double risk) const;  // "97 of 100 (critical)"
  static std::string TimeText(Timestamp time);
  // As whole points that add up to the risk as it is shown.
  static std::vector<Contribution> Rounded(std::vector<Contribution> contributions, double risk);
  // Of an alert.
  std::string Facts(JsonValue alert, JsonValue ours) const;
  std::string MadeBy(JsonValue ours) const;
  // Of a person.
  std::string RecentEvents(JsonValue risk) const;
  std::string FeaturesOf(JsonValue risk) const;
  // Of an event.
  std::string Outcome(const ExplainedEvent& event) const;
  std::string Detectors(const ExplainedEvent& event) const;
  std::string Features(const ExplainedEvent& event) const;

  const std::vector<FeatureInfo> features_;
  const bool korean_;
  const Explainer explainer_;
};

}  // namespace bongsu
