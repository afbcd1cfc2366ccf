// What a test asks of a program's listener on loopback.
#pragma once

#include <cstdint>
#include <string>

namespace bongsu {

struct HttpAnswer {
  int code = 0;  // 0: nothing answers.
  std::string body;
};
// Gives up when nothing comes for five seconds.
HttpAnswer HttpGet(uint16_t port, const std::string& path);

// In an exposition of Prometheus: the value of a metric without labels, or the sum over its labels;
// 0 when absent.
double MetricIn(const std::string& exposition, const std::string& name);

}  // namespace bongsu
