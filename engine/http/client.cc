#include "engine/http/client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kLargest = 64u << 20;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

struct AddressesDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

int Connect(const addrinfo& to, const timeval& patience) {
  const int fd = socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC, to.ai_protocol);
  if (fd < 0) return -1;
  // The time to send also bounds connecting.
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(fd, to.ai_addr, to.ai_addrlen) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

Result<HttpAddress> ParseHttpAddress(std::string_view url) {
  std::string_view rest = url;
  constexpr std::string_view kScheme = "http://";
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  HttpAddress address;
  address.path = slash < rest.size() ? rest.substr(slash) : std::string_view("/metrics");
  const std::string_view place = rest.substr(0, slash);
  const size_t colon = place.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == place.size() ||
      rest.find("://") != std::string_view::npos) {
    return Status::Invalid(
        StrCat("expected an address such as http://127.0.0.1:9470/metrics, got \"", url, '"'));
  }
  address.host = place.substr(0, colon);
  address.port = place.substr(colon + 1);
  return address;
}

Result<std::string> HttpFetch(const HttpAddress& address, Duration timeout) {
  const std::string where = StrCat("http://", address.host, ":", address.port, address.path);
  const addrinfo hints{0, AF_UNSPEC, SOCK_STREAM, 0, 0, nullptr, nullptr, nullptr};
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
      error != 0) {
    return Status::Unavailable(StrCat(where, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, AddressesDeleter> list(found);
  const timeval patience{timeout.count() / 1'000'000, timeout.count() % 1'000'000};
  int fd = -1;
  for (const addrinfo* to = found; to != nullptr && fd < 0; to = to->ai_next)
    fd = Connect(*to, patience);
  if (fd < 0) return Status::Unavailable(StrCat(where, ": ", std::strerror(errno)));
  const Socket socket(fd);
  const std::string request = StrCat("GET ", address.path, " HTTP/1.1\r\nHost: ", address.host,
                                     "\r\nConnection: close\r\n\r\n");
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return Status::Unavailable(StrCat(where, ": ", std::strerror(errno)));
  }
  std::string answer;
  char piece[65536];
  ssize_t n = 0;
  while ((n = recv(fd, piece, sizeof(piece), 0)) > 0 && answer.size() < kLargest) {
    answer.append(piece, static_cast<size_t>(n));
  }
  const size_t head = answer.find("\r\n\r\n");
  if (n != 0 || head == std::string::npos) {
    return Status::Unavailable(StrCat(where, ": no whole answer came in time"));
  }
  if (answer.find(" 200 ") != answer.find(' ')) {
    return Status::Unavailable(StrCat(where, ": ", answer.substr(0, answer.find('\r'))));
  }
  return answer.substr(head + 4);
}

}  // namespace bongsu
