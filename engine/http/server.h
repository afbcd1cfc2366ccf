// An HTTP/1.1 server with threads of its own, never on the event path: metrics and health for
// operators, the API for people. Every limit is enforced while bytes arrive, so that a hostile
// client costs no more than a bounded buffer and a deadline. The Beast library stays inside
// server.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

struct HttpRequest {
  std::string method;
  std::string path;   // Percent-decoded, without the query.
  std::string query;  // As sent, without the question mark.
  std::string body;
  std::string peer;  // Address of the client.
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> params;  // Of `{name}` in the pattern, decoded.

  std::string_view Header(std::string_view name) const;  // Of any case; empty when absent.
  std::string_view Param(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// RFC 9457 application/problem+json. `detail` says what was expected, what came and the remedy.
HttpResponse ProblemResponse(int status, std::string_view detail);

// Handlers run on the server's threads, several at once, and must not block. A handler of GET also
// answers HEAD.
struct Route {
  std::string method;
  std::string
      pattern;  // "/metrics", "/api/v1/users/{id}/risk"; a member in braces takes one segment.
  std::function<HttpResponse(const HttpRequest&)> handler;
};

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";  // address:port or [v6]:port; port 0 takes a free one.
  int threads = 2;
  size_t header_limit = size_t{16} * 1024;
  size_t body_limit = size_t{1024} * 1024;
  size_t max_connections = 256;
  size_t max_per_address = 32;
  Duration head_deadline = std::chrono::seconds(10);  // From the first byte to the end of the head.
  Duration body_deadline = std::chrono::seconds(30);
  Duration write_deadline = std::chrono::seconds(10);
  Duration idle_deadline = std::chrono::seconds(60);  // Between requests of a kept connection.
  // Told after each answer, on a server thread. `route` is the pattern, or "none" when none
  // matched.
  std::function<void(std::string_view route, std::string_view method, int code, double seconds)>
      observe;
};

class HttpServer {
 public:
  // Binds and serves. kInvalid for an unusable address, kUnavailable when the port is taken.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                   std::vector<Route> routes);
  ~HttpServer();  // Stops.
  uint16_t port() const;
  size_t connections() const;  // Open now.
  // Takes no more connections, lets handlers that run finish, closes the rest. Idempotent.
  void Stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bongsu
