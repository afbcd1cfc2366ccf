// What starting a test cluster needs from the machine: programs, jars, ports, and one handle of
// librdkafka. Internal to tests/support/kafka_*.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

// The path of a program that the machine must have; kNotFound with `package` to install.
Result<std::string> FindProgram(const std::string& name, const std::string& package);

// Runs a program to its end, its output going to `log`.
Status RunToEnd(std::vector<std::string> words, const std::string& log);

// The folder with the jars of tests/support/kafka/<pom>, called `name` in $BONGSU_TEST_CACHE or in
// the build folder; fetched once, by whoever comes first.
Result<std::string> FetchJars(const std::string& pom, const std::string& name);

// `java` with the jars of Kafka's tools, ready for a class or a source file.
Result<std::vector<std::string>> ToolsJava();

// Different ports of the loopback address that were free a moment ago. None of those that the
// system gives to outgoing connections: a stopped node finds its port free when it comes back.
std::vector<int> FreePorts(size_t count);

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;
using HandleSettings = std::vector<std::pair<std::string, std::string>>;
Handle NewHandle(rd_kafka_type_t type, const HandleSettings& settings);

}  // namespace bongsu
