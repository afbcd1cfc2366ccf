// Watches the groups of a campaign from outside: what is committed in their topics, how far they
// have come, and how long a partition stood still although there was something to read. A thread of
// its own; an independent committed reader and client.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bongsu::faults {

using SteadyTime = std::chrono::steady_clock::time_point;

class Watch final {
 public:
  struct Options {
    std::string bootstrap;
    std::vector<std::pair<std::string, std::string>> groups;  // Topic and who reads it.
    int32_t partitions = 4;
    // A partition may stand still so long after the last fault before it counts as stalled.
    std::chrono::milliseconds patience = std::chrono::seconds(12);
    SteadyTime began = std::chrono::steady_clock::now();  // For reports.
  };
  explicit Watch(Options options);
  ~Watch();

  // Something is broken from now on: standing still is no stall until EndOutage of what it returns.
  size_t BeginOutage();
  void EndOutage(size_t outage);
  // Every group has passed every record that is committed, as of a moment after the call began.
  bool AllRead();
  // Records of the groups' topics that are committed, and that the groups have passed.
  std::string Where();

  struct Stillness {
    double longest = 0;  // Seconds without progress though there was input, faults included.
    double beyond = 0;   // The longest of what goes beyond faults.
    int stalls = 0;      // How often that was more than the patience.
    std::vector<std::string> which;  // The stalls, and the longest of `beyond`.
  };
  // Ends the watch.
  Stillness Finish();

 private:
  struct Partition {
    int64_t committed = -1;  // Offset of the last committed record.
    int64_t position = 0;
    bool at_end = false;
    SteadyTime since{};  // Lag without progress; zero: none.
  };
  class Client;
  void Run();
  void Look(Client& client);
  void Update(const std::string& topic, int32_t index, int64_t position, SteadyTime now);
  void Judge(const std::string& topic, int32_t index, SteadyTime began, SteadyTime ended);

  const Options options_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Partition>> topics_;
  std::vector<std::pair<SteadyTime, SteadyTime>> outages_;
  Stillness stillness_;
  int64_t looks_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace bongsu::faults
