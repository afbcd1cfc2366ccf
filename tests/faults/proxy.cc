#include "tests/faults/proxy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace bongsu::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMostWaiting = 8u << 20;  // Bytes of a direction.
constexpr int kEndTxn = 26;
constexpr std::chrono::seconds kPatience{1};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Bytes on their way in one direction, each piece with the moment when it may go.
struct Way {
  struct Piece {
    std::string bytes;
    Clock::time_point due;
  };
  std::deque<Piece> pieces;
  size_t waiting = 0;

  void Add(std::string bytes, Clock::time_point due) {
    if (!pieces.empty()) due = std::max(due, pieces.back().due);
    waiting += bytes.size();
    pieces.push_back({std::move(bytes), due});
  }
  bool Due(Clock::time_point now) const { return !pieces.empty() && pieces.front().due <= now; }
  // False when the other side is gone.
  bool Send(int socket, Clock::time_point now) {
    while (Due(now)) {
      std::string& bytes = pieces.front().bytes;
      const ssize_t n = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      waiting -= static_cast<size_t>(n);
      bytes.erase(0, static_cast<size_t>(n));
      if (!bytes.empty()) return true;
      pieces.pop_front();
    }
    return true;
  }
};

struct Connection {
  int client = -1, broker = -1;
  Way requests, answers;
  std::string partial;  // Of a request.
  Clock::time_point cut_at = Clock::time_point::max();
};

void Close(int* socket, bool reset) {
  if (*socket < 0) return;
  const linger hard{1, 0};
  if (reset) setsockopt(*socket, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  close(*socket);
  *socket = -1;
}

// What there is to read; nullopt when the other side is gone.
std::optional<std::string> Receive(int socket) {
  std::string bytes(65536, '\0');
  const ssize_t n = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::string();
  if (n <= 0) return std::nullopt;
  bytes.resize(static_cast<size_t>(n));
  return bytes;
}

size_t Number(std::string_view bytes, size_t at, size_t size) {
  size_t number = 0;
  for (size_t i = at; i < at + size; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

class Proxy::Loop {
 public:
  explicit Loop(Proxy& proxy) : proxy_(proxy) {}
  ~Loop() {
    for (Connection& c : connections_) Close(&c, false);
  }

  void Turn() {
    std::vector<pollfd> wanted = {{proxy_.listener_, POLLIN, 0}};
    for (const Connection& c : connections_) {
      const auto now = Clock::now();
      const auto events = [&](const Way& in, const Way& out) {
        return static_cast<short>((in.waiting < kMostWaiting ? POLLIN : 0) |
                                  (out.Due(now) ? POLLOUT : 0));
      };
      wanted.push_back({c.client, events(c.requests, c.answers), 0});
      wanted.push_back({c.broker, events(c.answers, c.requests), 0});
    }
    poll(wanted.data(), wanted.size(), 2);
    const int cut = proxy_.cut_.exchange(0);
    size_t i = 1;
    for (Connection& c : connections_) {
      const bool from_client = wanted[i].revents & (POLLIN | POLLHUP | POLLERR);
      const bool from_broker = wanted[i + 1].revents & (POLLIN | POLLHUP | POLLERR);
      i += 2;
      if (cut != 0) {
        Close(&c, cut == 2);
      } else {
        Serve(c, from_client, from_broker);
      }
    }
    std::erase_if(connections_, [](const Connection& c) { return c.broker < 0; });
    if ((wanted[0].revents & POLLIN) != 0 && proxy_.target_ != 0) Accept();
  }

 private:
  static void Close(Connection* c, bool reset) {
    faults::Close(&c->client, reset);
    faults::Close(&c->broker, reset);
  }

  void Accept() {
    Connection c;
    c.client = accept4(proxy_.listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (c.client < 0) return;
    c.broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(proxy_.target_);
    if (connect(c.broker, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      return Close(&c, true);
    }
    const int on = 1;
    for (const int s : {c.client, c.broker}) {
      setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    connections_.push_back(std::move(c));
  }

  void Serve(Connection& c, bool from_client, bool from_broker) {
    const auto now = Clock::now();
    if (c.cut_at <= now) faults::Close(&c.client, false);
    if (from_client && c.client >= 0) {
      if (const auto bytes = Receive(c.client)) {
        c.partial += *bytes;
        TakeRequests(c, now);
      } else {
        faults::Close(&c.client, false);
      }
    }
    bool open = c.requests.Send(c.broker, now);
    if (from_broker && open) {
      const auto bytes = Receive(c.broker);
      open = bytes.has_value();
      if (open && c.client >= 0) c.answers.Add(*bytes, now);
    }
    if (c.client >= 0 && !c.answers.Send(c.client, now)) faults::Close(&c.client, false);
    // What a client sent before it went still arrives.
    if (!open || (c.client < 0 && c.requests.pieces.empty())) Close(&c, false);
  }

  // A request is a length (4 bytes) and so many bytes, of which the first two say what it asks.
  void TakeRequests(Connection& c, Clock::time_point now) {
    while (c.partial.size() >= 6) {
      const size_t size = 4 + Number(c.partial, 0, 4);
      if (c.partial.size() < size) return;
      auto due = now + std::chrono::milliseconds(proxy_.delay_ms_);
      if (Number(c.partial, 4, 2) == kEndTxn && proxy_.to_hold_ > 0) {
        --proxy_.to_hold_;
        ++proxy_.ends_held_;
        due = now + std::chrono::milliseconds(proxy_.hold_ms_);
        if (proxy_.cut_held_) c.cut_at = now + kPatience;
      }
      c.requests.Add(c.partial.substr(0, size), due);
      c.partial.erase(0, size);
    }
  }

  Proxy& proxy_;
  std::list<Connection> connections_;
};

Result<std::unique_ptr<Proxy>> Proxy::Listen() {
  std::unique_ptr<Proxy> proxy(new Proxy());
  proxy->listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(proxy->listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(proxy->listener_, 64) != 0 ||
      getsockname(proxy->listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Status::Unavailable("proxy: no port of the loopback address can be had");
  }
  proxy->port_ = ntohs(address.sin_port);
  proxy->thread_ = std::thread([p = proxy.get()] {
    Loop loop(*p);
    while (!p->stop_) loop.Turn();
  });
  return proxy;
}

Proxy::~Proxy() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) close(listener_);
}

void Proxy::HoldEnds(int count, std::chrono::milliseconds by, bool cut) {
  hold_ms_ = by.count();
  cut_held_ = cut;
  to_hold_ = count;
}

}  // namespace bongsu::faults
