#include "engine/telemetry/health.h"

#include "engine/json/writer.h"

namespace bongsu {

void Health::Set(std::string_view component, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  reasons_.insert_or_assign(std::string(component), std::string(reason));
}

void Health::Remove(std::string_view component) {
  const std::lock_guard lock(mutex_);
  if (const auto found = reasons_.find(component); found != reasons_.end()) reasons_.erase(found);
}

Health::Report Health::Read() const {
  const std::lock_guard lock(mutex_);
  Report report;
  report.ready = !reasons_.empty();
  for (const auto& [component, reason] : reasons_) report.ready &= reason.empty();
  JsonWriter json(&report.json);
  json.BeginObject().Key("ready").Bool(report.ready).Key("reasons").BeginArray();
  const auto add = [&json](std::string_view component, std::string_view reason) {
    json.BeginObject().Key("component").String(component).Key("reason").String(reason).EndObject();
  };
  if (reasons_.empty()) add("process", "starting: no component has reported yet");
  for (const auto& [component, reason] : reasons_) {
    if (!reason.empty()) add(component, reason);
  }
  json.EndArray().EndObject();
  return report;
}

}  // namespace bongsu
