#include "tests/support/kafka_cluster_tools.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/base/strings.h"
#include "tests/support/program.h"

namespace bongsu {
namespace {

namespace fs = std::filesystem;

// An open file, a socket: closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool BindLoopback(int socket, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

Result<std::string> FindProgram(const std::string& name, const std::string& package) {
  const char* const path = std::getenv("PATH");
  const std::string rest = path ? path : "";
  for (size_t begin = 0; begin <= rest.size();) {
    const size_t end = std::min(rest.find(':', begin), rest.size());
    std::string full = StrCat(rest.substr(begin, end - begin), "/", name);
    if (access(full.c_str(), X_OK) == 0) return full;
    begin = end + 1;
  }
  return Status::NotFound(
      StrCat(name, " is missing, which the test cluster needs: apt-get install ", package));
}

Status RunToEnd(std::vector<std::string> words, const std::string& log) {
  const std::string name = words.front();
  Program program({std::move(words), log, {}, false, {}});
  const std::optional<int> code = program.Wait(std::chrono::minutes(10));
  if (code == 0) return Status::Ok();
  return Status::Unavailable(StrCat(name, " failed; see ", log));
}

Result<std::string> FetchJars(const std::string& pom, const std::string& name) {
  const char* const cache = std::getenv("BONGSU_TEST_CACHE");
  const fs::path folder = fs::path(cache ? cache : BONGSU_BINARY_DIR) / name;
  std::error_code error;
  fs::create_directories(folder, error);
  const Descriptor lock(open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX) != 0) {
    return Status::Unavailable(StrCat("cannot write to ", folder.string()));
  }
  if (fs::exists(folder / ".complete", error)) return folder.string();
  BONGSU_ASSIGN_OR_RETURN(const std::string maven, FindProgram("mvn", "maven"));
  const std::string log = (folder / "mvn.log").string();
  BONGSU_RETURN_IF_ERROR(
      RunToEnd({maven, "-q", "-B", "-f", StrCat(BONGSU_SOURCE_DIR "/tests/support/kafka/", pom),
                "dependency:copy-dependencies", "-DincludeScope=runtime",
                "-DoutputDirectory=" + folder.string()},
               log));
  std::ofstream(folder / ".complete") << "fetched\n";
  return folder.string();
}

Result<std::vector<std::string>> ToolsJava() {
  BONGSU_RETURN_IF_ERROR(FindProgram("javac", "openjdk-17-jdk-headless").status());
  BONGSU_ASSIGN_OR_RETURN(const std::string java, FindProgram("java", "openjdk-17-jdk-headless"));
  BONGSU_ASSIGN_OR_RETURN(const std::string libs, FetchJars("tools.xml", "kafka-tools-libs"));
  return std::vector<std::string>{java,
                                  "-XX:+UseSerialGC",
                                  "-XX:TieredStopAtLevel=1",
                                  "-Dlog4j2.configurationFile=" BONGSU_SOURCE_DIR
                                  "/tests/support/kafka/log4j2.properties",
                                  "-cp",
                                  libs + "/*"};
}

std::vector<int> FreePorts(size_t count) {
  int first_outgoing = 32768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_outgoing;
  std::random_device random;
  std::uniform_int_distribution<int> any(10'000, std::max(first_outgoing, 20'000) - 1);
  std::vector<Descriptor> held;  // Until all are found, so that they differ.
  std::vector<int> ports;
  while (ports.size() < count) {
    Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int port = any(random);
    if (!BindLoopback(probe.get(), port)) continue;
    held.push_back(std::move(probe));
    ports.push_back(port);
  }
  return ports;
}

Handle NewHandle(rd_kafka_type_t type, const HandleSettings& settings) {
  char text[512];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [key, value] : settings) {
    BONGSU_CHECK(rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof(text)) ==
                 RD_KAFKA_CONF_OK);
  }
  rd_kafka_conf_set_log_cb(conf, nullptr);
  rd_kafka_t* const handle = rd_kafka_new(type, conf, text, sizeof(text));
  BONGSU_CHECK(handle != nullptr);
  return Handle(handle);
}

}  // namespace bongsu
