#include "tests/support/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

namespace fs = std::filesystem;

constexpr int kTimeoutMs = 30'000;

// An open file, a socket: closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Starts a program that ends with this one, its output going to `log`; -1 when it cannot.
pid_t Spawn(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(argv[0], argv.data());
  _exit(127);
}

Status Run(const std::vector<std::string>& words, const std::string& log) {
  const pid_t pid = Spawn(words, log);
  int result = -1;
  if (pid < 0 || waitpid(pid, &result, 0) != pid || result != 0) {
    return Status::Unavailable(StrCat(words[0], " failed; see ", log));
  }
  return Status::Ok();
}

bool OnPath(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::string rest = path ? path : "";
  for (size_t begin = 0; begin <= rest.size();) {
    const size_t end = std::min(rest.find(':', begin), rest.size());
    if (access((rest.substr(begin, end - begin) + "/" + program).c_str(), X_OK) == 0) return true;
    begin = end + 1;
  }
  return false;
}

// A port of the loopback address that was free a moment ago.
int FreePort() {
  const Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return -1;
  if (getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  return ntohs(address.sin_port);
}

// The folder with the jars; fetched once, by whoever comes first.
Result<std::string> Jars() {
  const char* const cache = std::getenv("BONGSU_TEST_CACHE");
  const fs::path folder = fs::path(cache ? cache : BONGSU_BINARY_DIR) / "kafka-libs";
  std::error_code error;
  fs::create_directories(folder, error);
  const Descriptor lock(open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX) != 0) {
    return Status::Unavailable(StrCat("cannot write to ", folder.string()));
  }
  if (fs::exists(folder / ".complete", error)) return folder.string();
  if (!OnPath("mvn")) {
    return Status::NotFound(
        "Maven is missing, which fetches the test broker: apt-get install maven");
  }
  BONGSU_RETURN_IF_ERROR(
      Run({"mvn", "-q", "-B", "-f", BONGSU_SOURCE_DIR "/tests/support/kafka/pom.xml",
           "dependency:copy-dependencies", "-DincludeScope=runtime",
           "-DoutputDirectory=" + folder.string()},
          (folder / "mvn.log").string()));
  std::ofstream(folder / ".complete") << "fetched\n";
  return folder.string();
}

std::string NewClusterId() {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string id;
  // 16 bytes in base64; the last of its 22 letters holds four zero bits.
  for (int i = 0; i < 21; ++i) id += kLetters[random() % (sizeof(kLetters) - 1)];
  return id + "Q";
}

using Settings = std::vector<std::pair<std::string, std::string>>;

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

Handle NewHandle(rd_kafka_type_t type, const Settings& settings) {
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

Result<int> PartitionCount(rd_kafka_t* handle, const std::string& topic) {
  rd_kafka_topic_t* const of = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, of, &metadata, kTimeoutMs);
  rd_kafka_topic_destroy(of);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  const int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  if (count == 0) return Status::NotFound("no topic " + topic);
  return count;
}

TestRecord ToRecord(const rd_kafka_message_t* message) {
  TestRecord record;
  record.partition = message->partition;
  record.offset = message->offset;
  record.key.assign(static_cast<const char*>(message->key), message->key_len);
  if (message->payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message->payload), message->len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

// One admin request and its answer: `ask` sends it to the queue given.
template <typename Ask, typename Look>
Status Admin(const std::string& bootstrap, Ask ask, Look look) {
  const Handle handle = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(handle.get());
  ask(handle.get(), queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kTimeoutMs);
  Status status = Status::Unavailable("the test broker did not answer");
  if (event != nullptr) {
    status = rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR
                 ? Status::Unavailable(rd_kafka_event_error_string(event))
                 : look(event);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  return status;
}

}  // namespace

Result<std::unique_ptr<KafkaBroker>> KafkaBroker::Start() {
  if (!OnPath("java")) {
    return Status::NotFound(
        "Java is missing, which the test broker needs: "
        "apt-get install openjdk-17-jre-headless");
  }
  BONGSU_ASSIGN_OR_RETURN(const std::string libs, Jars());
  Status status = Status::Ok();
  for (int attempt = 0; attempt < 3; ++attempt) {  // Another program may take the port meanwhile.
    auto broker = std::unique_ptr<KafkaBroker>(new KafkaBroker());
    status = broker->Launch(libs);
    if (status.ok()) return broker;
  }
  return status;
}

Status KafkaBroker::Launch(const std::string& libs) {
  std::string folder = (fs::temp_directory_path() / "bongsu-kafka-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return Status::Unavailable("no temporary folder");
  folder_ = folder;
  cluster_id_ = NewClusterId();
  const int port = FreePort(), controller = FreePort();
  bootstrap_ = StrCat("127.0.0.1:", port);
  std::ofstream(folder + "/server.properties")
      << "process.roles=broker,controller\nnode.id=1\n"
      << "controller.quorum.voters=1@127.0.0.1:" << controller << "\n"
      << "listeners=PLAINTEXT://" << bootstrap_ << ",CONTROLLER://127.0.0.1:" << controller << "\n"
      << "advertised.listeners=PLAINTEXT://" << bootstrap_ << "\n"
      << "controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT\n"
      << "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
      << "log.dirs=" << folder << "/log\n"
      << "num.network.threads=2\nnum.io.threads=4\nauto.create.topics.enable=false\n"
      << "offsets.topic.num.partitions=4\noffsets.topic.replication.factor=1\n"
      << "transaction.state.log.num.partitions=4\ntransaction.state.log.replication.factor=1\n"
      << "transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n"
      << "share.coordinator.state.topic.replication.factor=1\n";
  java_ = {"java",
           "-Xmx512m",
           "-XX:+UseSerialGC",
           "-XX:TieredStopAtLevel=1",
           "-Dlog4j2.configurationFile=" BONGSU_SOURCE_DIR "/tests/support/kafka/log4j2.properties",
           "-cp",
           libs + "/*"};
  std::vector<std::string> words = java_;
  for (const char* word : {"kafka.tools.StorageTool", "format", "-t"}) words.emplace_back(word);
  words.insert(words.end(), {cluster_id_, "-c", folder + "/server.properties"});
  BONGSU_RETURN_IF_ERROR(Run(words, folder + "/broker.log"));
  return Boot();
}

Status KafkaBroker::Restart() {
  BONGSU_CHECK(pid_ < 0);
  return Boot();
}

Status KafkaBroker::Boot() {
  const std::string log = folder_ + "/broker.log";
  std::vector<std::string> words = java_;
  words.insert(words.end(), {"kafka.Kafka", folder_ + "/server.properties"});
  pid_ = Spawn(words, log);
  // Another broker on the port would look exactly like success: ask for the cluster's id.
  const Handle handle = NewHandle(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_}, {"reconnect.backoff.max.ms", "100"}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end && waitpid(pid_, nullptr, WNOHANG) == 0) {
    char* const id = rd_kafka_clusterid(handle.get(), 200);
    const bool ours = id != nullptr && cluster_id_ == id;
    const bool foreign = id != nullptr && !ours;
    if (id != nullptr) rd_kafka_mem_free(handle.get(), id);
    if (ours) return Status::Ok();
    if (foreign) break;
  }
  std::ifstream file(log);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Stop();
  return Status::Unavailable("the test broker did not start: " +
                             text.substr(text.size() - std::min<size_t>(text.size(), 2000)));
}

KafkaBroker* KafkaBroker::Shared() {
  static Result<std::unique_ptr<KafkaBroker>> broker = Start();
  if (broker.ok()) return broker->get();
  const char* const ci = std::getenv("CI");
  // Only a missing tool is a reason to go without; a broker that does not start is a failure.
  if (broker.status().code() == Code::kNotFound && !(ci && std::string_view(ci) == "true")) {
    WARN("skipped: " << broker.status().message());
  } else {
    FAIL(broker.status().message());
  }
  return nullptr;
}

KafkaBroker::~KafkaBroker() {
  Stop();
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

void KafkaBroker::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  pid_t ended = 0;
  while ((ended = waitpid(pid_, nullptr, WNOHANG)) == 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (ended == 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

Status KafkaBroker::CreateTopic(const std::string& name, int partitions,
                                const std::map<std::string, std::string>& config) {
  char text[512];
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text, sizeof(text));
  if (topic == nullptr) return Status::Invalid(text);
  for (const auto& [key, value] : config)
    rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  const Status status = Admin(
      bootstrap_,
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(handle, &topic, 1, nullptr, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* const result = rd_kafka_event_CreateTopics_result(event);
        const auto** const topics = rd_kafka_CreateTopics_result_topics(result, &count);
        if (rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
          return Status::Ok();
        return Status::Invalid(rd_kafka_topic_result_error_string(topics[0]));
      });
  rd_kafka_NewTopic_destroy(topic);
  if (!status.ok()) return status;
  // The controller has it; wait until the broker tells of it as well.
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  while (std::chrono::steady_clock::now() < end) {
    const Result<int> count = PartitionCount(handle.get(), name);
    if (count.ok() && *count == partitions) return Status::Ok();
  }
  return Status::Unavailable("the test broker does not tell of the new topic " + name);
}

Status KafkaBroker::DeleteRecordsBefore(const std::string& topic, int partition, int64_t offset) {
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  const Status status = Admin(
      bootstrap_,
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords(handle, &request, 1, nullptr, queue);
      },
      [](rd_kafka_event_t* event) {
        const auto* const offsets =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (offsets->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
        return Status::Invalid(rd_kafka_err2str(offsets->elems[0].err));
      });
  rd_kafka_DeleteRecords_destroy(request);
  return status;
}

Result<std::vector<TestRecord>> KafkaBroker::ReadCommitted(const std::string& topic) {
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_},
                                                      {"group.id", "test-reader"},
                                                      {"enable.auto.commit", "false"},
                                                      {"enable.partition.eof", "true"},
                                                      {"fetch.wait.max.ms", "10"},
                                                      {"isolation.level", "read_committed"}});
  BONGSU_ASSIGN_OR_RETURN(const int partitions, PartitionCount(handle.get(), topic));
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(handle.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<TestRecord> records;
  Status status = Status::Ok();
  for (int ended = 0; ended < partitions && status.ok();) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle.get(), kTimeoutMs);
    if (message == nullptr) {
      status = Status::Unavailable("the test broker is silent");
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      records.push_back(ToRecord(message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else {
      status = Status::Unavailable(rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(handle.get());
  if (!status.ok()) return status;
  std::sort(records.begin(), records.end(), [](const TestRecord& a, const TestRecord& b) {
    return std::pair(a.partition, a.offset) < std::pair(b.partition, b.offset);
  });
  return records;
}

Result<std::vector<int64_t>> KafkaBroker::Positions(const std::string& group,
                                                    const std::string& topic) {
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_},
                                                      {"group.id", group},
                                                      {"isolation.level", "read_uncommitted"}});
  BONGSU_ASSIGN_OR_RETURN(const int partitions, PartitionCount(handle.get(), topic));
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i);
  const rd_kafka_resp_err_t error = rd_kafka_committed(handle.get(), list, kTimeoutMs);
  std::vector<int64_t> positions;
  for (int i = 0; i < partitions; ++i) {
    positions.push_back(list->elems[i].offset < 0 ? -1 : list->elems[i].offset);
  }
  rd_kafka_topic_partition_list_destroy(list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  return positions;
}

Status KafkaBroker::Produce(const std::string& topic, std::optional<int> partition,
                            std::string_view key, std::string_view value) {
  TestRecord record;
  record.partition = partition.value_or(RD_KAFKA_PARTITION_UA);
  record.key = key;
  record.value = value;
  return Produce(topic, {record});
}

Status KafkaBroker::Produce(const std::string& topic, const std::vector<TestRecord>& records) {
  const Handle handle = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap_},
                                                      {"enable.idempotence", "true"},
                                                      {"linger.ms", "5"},
                                                      {"message.max.bytes", "8388608"},
                                                      {"queue.buffering.max.messages", "1000000"},
                                                      {"partitioner", "murmur2_random"}});
  for (const TestRecord& record : records) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    void* const bytes = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const size_t size = record.value ? record.value->size() : 0;
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        handle.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()), RD_KAFKA_V_VALUE(bytes, size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_headers_destroy(headers);
      return Status::Unavailable(rd_kafka_err2str(error));
    }
  }
  const rd_kafka_resp_err_t error = rd_kafka_flush(handle.get(), kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  return Status::Ok();
}

}  // namespace bongsu
