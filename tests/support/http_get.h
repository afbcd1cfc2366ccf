// What a test asks of a program's listener on loopback.
#pragma once

#include <cstdint>
#include <string>

namespace bongsu {

// A socket whose reads give up after five seconds; -1 when nothing listens. The caller closes it.
int ConnectLoopback(uint16_t port);

struct HttpAnswer {
  int code = 0;  // 0: nothing answers.
  std::string body;
};
HttpAnswer HttpGet(uint16_t port, const std::string& path);

// In an exposition of Prometheus: the value of a metric without labels, or the sum over its labels;
// 0 when absent.
double MetricIn(const std::string& exposition, const std::string& name);

}  // namespace bongsu
