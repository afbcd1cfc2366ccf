// A TCP client that sends bytes as they are and reads what comes: for tests of what a library
// client would never send. Reads give up in time, so that a server that hangs fails a test.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/http_get.h"

namespace bongsu {

class RawClient final {
 public:
  explicit RawClient(uint16_t port) : socket_(ConnectLoopback(port)) { REQUIRE(socket_ >= 0); }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server closed the connection meanwhile.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // One response: head and the body that its Content-Length names.
  std::string Response(bool head_only = false) {
    while (read_.find("\r\n\r\n") == std::string::npos) {
      if (!More()) return Take(read_.size());
    }
    const size_t head = read_.find("\r\n\r\n") + 4;
    const size_t at = read_.find("Content-Length: ");
    const size_t body = head_only || at > head ? 0 : std::stoul(read_.substr(at + 16));
    while (read_.size() < head + body) {
      if (!More()) break;
    }
    return Take(head + body);
  }

  std::string Ask(std::string_view method, std::string_view path) {
    Send(std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return Response(method == "HEAD");
  }

  // True when the server closes within the patience; what it sent before is dropped.
  bool Closed() {
    char bytes[4096];
    ssize_t size = 0;
    while ((size = ::recv(socket_, bytes, sizeof(bytes), 0)) > 0) {
    }
    return size == 0 || errno == ECONNRESET;
  }

 private:
  bool More() {
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (size > 0) read_.append(bytes, static_cast<size_t>(size));
    return size > 0;
  }
  std::string Take(size_t size) {
    std::string taken = read_.substr(0, size);
    read_.erase(0, taken.size());
    return taken;
  }

  const int socket_;
  std::string read_;
};

}  // namespace bongsu
