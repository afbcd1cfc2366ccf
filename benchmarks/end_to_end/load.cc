#include "benchmarks/end_to_end/load.h"

#include "benchmarks/end_to_end/stage.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {

Status SendEverybody(const Options& options, EventProducer& producer) {
  EventStream events(Shape::kColdState, options.people, options.seed);
  for (int i = 0; i < options.people; ++i) {
    const auto [json, user] = events.Next();
    BONGSU_RETURN_IF_ERROR(producer.Send(user, json));
  }
  return producer.Flush();
}

Load::Load(const Options& options, double rate, EventProducer& producer)
    : events_(Shape::kManyPeople, options.people, options.seed + 1),
      rate_(rate),
      producer_(producer),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Status Load::End() {
  thread_.request_stop();
  thread_.join();
  return failed_;
}

void Load::Run(const std::stop_token& stop) {
  const int64_t began = NowNanos();
  for (int64_t i = 0; !stop.stop_requested() && failed_.ok(); ++i) {
    while (Since(began) < static_cast<double>(i) / rate_) SleepMicros(1000);
    const auto [json, user] = events_.Next(StrCat("load-", i));
    failed_ = producer_.Send(user, json);
    producer_.Serve();
  }
}

}  // namespace bongsu::benchmarks
