#include "engine/app/load_sampler.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace bongsu {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(2);

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

LoadSampler::LoadSampler(const LoadSite& site)
    : site_(site),
      local_(!site.data_dir.empty() && !site.metrics.empty()),
      cores_(static_cast<int>(std::thread::hardware_concurrency())) {
  struct stat status {};
  if (!local_ || stat(site.data_dir.c_str(), &status) != 0) return;
  major_ = major(status.st_dev);
  minor_ = minor(status.st_dev);
  has_disk_ = true;
}

Result<loadtest::Snapshot> LoadSampler::Take(int64_t at) const {
  loadtest::Snapshot sample;
  sample.at = at;
  for (const HttpAddress& address : site_.metrics) {
    BONGSU_ASSIGN_OR_RETURN(const std::string text, HttpFetch(address, kTimeout));
    const bool several = site_.metrics.size() > 1;
    loadtest::AddMetrics(text, several ? address.host + ":" + address.port : "", site_.input,
                         &sample);
  }
  if (!local_) return sample;
  loadtest::AddMachine(ReadAll("/proc/stat"), &sample);
  loadtest::AddPressure(ReadAll("/proc/pressure/io"), &sample);
  if (has_disk_) loadtest::AddDisk(ReadAll("/proc/diskstats"), major_, minor_, &sample);
  return sample;
}

}  // namespace bongsu
