#include "engine/http/server.h"

#include <catch2/catch.hpp>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "engine/base/strings.h"
#include "tests/engine/http/raw_client.h"

using namespace bongsu;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct Served {
  std::string route, method;
  int code;
};

// A server with a few routes; `options` may be changed before Start.
class Fixture {
 private:
  // Before the server, which may still tell of an answer while it stops.
  std::mutex mutex_;
  std::vector<Served> served_;

 public:
  HttpServerOptions options;
  std::unique_ptr<HttpServer> server;

  uint16_t Start() {
    options.observe = [this](std::string_view route, std::string_view method, int code, double) {
      const std::lock_guard lock(mutex_);
      served_.push_back({std::string(route), std::string(method), code});
    };
    auto started = HttpServer::Start(options, Routes());
    REQUIRE(started.ok());
    server = *std::move(started);
    return server->port();
  }
  std::string Ask(std::string_view method, std::string_view path) {
    return RawClient(server->port()).Ask(method, path);
  }
  // The server tells of an answer after it is sent: look until it has told of `count`.
  std::vector<Served> ServedAtLeast(size_t count) {
    const auto end = std::chrono::steady_clock::now() + seconds(5);
    while (std::chrono::steady_clock::now() < end) {
      const std::lock_guard lock(mutex_);
      if (served_.size() >= count) return served_;
    }
    return {};
  }

 private:
  std::vector<Route> Routes() {
    const auto text = [](std::string body) {
      HttpResponse response;
      response.body = std::move(body);
      return response;
    };
    return {{"GET", "/hello", [text](const HttpRequest&) { return text("hello"); }},
            {"GET", "/users/{id}/risk",
             [text](const HttpRequest& r) {
               return text(StrCat(r.Param("id"), '?', r.query, '#', r.Header("X-Mine")));
             }},
            {"POST", "/echo", [text](const HttpRequest& r) { return text(r.body); }},
            {"DELETE", "/hello", [text](const HttpRequest&) { return text("deleted"); }},
            {"GET", "/throws",
             [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); }},
            {"GET", "/injects", [](const HttpRequest&) {
               HttpResponse response;
               response.headers = {{"X-Bad", "a\r\nX-Evil: 1"}, {"Cache-Control", "max-age=1"}};
               return response;
             }}};
  }
};

bool StatusIs(const std::string& response, int status) {
  return response.starts_with(StrCat("HTTP/1.1 ", status, ' '));
}
bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a request is answered, with headers that keep browsers careful") {
  Start();
  const std::string response = Ask("GET", "/hello");
  CHECK(StatusIs(response, 200));
  CHECK(response.ends_with("\r\n\r\nhello"));
  for (const char* header :
       {"X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Cache-Control: no-store",
        "Referrer-Policy: no-referrer", "Content-Security-Policy: default-src 'none'"}) {
    CHECK(Contains(response, header));
  }
}

TEST_CASE_METHOD(Fixture, "parameters, query and headers reach the handler decoded") {
  RawClient client(Start());
  client.Send("GET /users/k%2Fi%20m/risk?a=b%20c HTTP/1.1\r\nHost: t\r\nx-mine: 1\r\n\r\n");
  CHECK(client.Response().ends_with("k/i m?a=b%20c#1"));
}

TEST_CASE_METHOD(Fixture, "HEAD has the head of GET and no body") {
  RawClient client(Start());
  const std::string response = client.Ask("HEAD", "/hello");
  CHECK(StatusIs(response, 200));
  CHECK(Contains(response, "Content-Length: 5"));
  CHECK(response.ends_with("\r\n\r\n"));
  CHECK(client.Ask("GET", "/hello").ends_with("hello"));  // Nothing was left over.
}

TEST_CASE_METHOD(Fixture, "errors are problem+json with the remedy") {
  Start();
  const std::string missing = Ask("GET", "/nothing");
  CHECK(StatusIs(missing, 404));
  CHECK(Contains(missing, "Content-Type: application/problem+json"));
  CHECK(Contains(missing, R"("title":"Not Found","status":404)"));
  CHECK(StatusIs(Ask("GET", "/users//risk"), 404));
  const std::string method = Ask("PUT", "/hello");
  CHECK(StatusIs(method, 405));
  CHECK(Contains(method, "Allow: GET, HEAD, DELETE\r\n"));
  CHECK(StatusIs(Ask("BREW", "/hello"), 405));
  CHECK(StatusIs(Ask("GET", "/%zz"), 400));
  CHECK(StatusIs(Ask("GET", "/%00"), 400));
  CHECK(StatusIs(Ask("GET", "hello"), 400));
  const std::string thrown = Ask("GET", "/throws");
  CHECK(StatusIs(thrown, 500));
  CHECK_FALSE(Contains(thrown, "secret"));
}

TEST_CASE_METHOD(Fixture, "a handler's header may replace a default and never break out") {
  Start();
  const std::string response = Ask("GET", "/injects");
  CHECK(Contains(response, "Cache-Control: max-age=1\r\n"));
  CHECK_FALSE(Contains(response, "X-Evil"));
  CHECK_FALSE(Contains(response, "no-store"));
}

TEST_CASE_METHOD(Fixture, "pipelined requests are answered in order") {
  RawClient client(Start());
  client.Send(
      "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
      "GET /nothing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  CHECK(client.Response().ends_with("hello"));
  CHECK(client.Response().ends_with("abc"));
  CHECK(StatusIs(client.Response(), 404));
  CHECK(client.Closed());
}

TEST_CASE_METHOD(Fixture, "a head over the limit is refused while it arrives") {
  RawClient client(Start());
  client.Send("GET /hello HTTP/1.1\r\nX: " + std::string(40'000, 'a'));  // Never ends.
  CHECK(StatusIs(client.Response(), 431));
  CHECK(client.Closed());
}

TEST_CASE_METHOD(Fixture, "a body over the limit is refused, by its length or while it arrives") {
  options.body_limit = 1000;
  const uint16_t port = Start();
  RawClient declared(port), chunked(port), good(port);
  declared.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n");
  CHECK(StatusIs(declared.Response(), 413));
  chunked.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "100\r\n" + std::string(256, 'x') + "\r\n";
  for (int i = 0; i < 8; ++i) chunked.Send(chunk);
  CHECK(StatusIs(chunked.Response(), 413));
  good.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
            "0\r\n\r\n");
  CHECK(good.Response().ends_with("\r\n\r\n" + std::string(256, 'x')));
}

TEST_CASE_METHOD(Fixture, "what is no HTTP is refused") {
  const uint16_t port = Start();
  for (const char* bytes :
       {"\x16\x03\x01 hello\r\n\r\n", "GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /hello HTTP/9.9\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    INFO(bytes);
    RawClient client(port);
    client.Send(bytes);
    CHECK(StatusIs(client.Response(), 400));
    CHECK(client.Closed());
  }
}

TEST_CASE_METHOD(Fixture, "a client that waits for 100 Continue is told to go on") {
  RawClient client(Start());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.Response(true) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("abc");
  CHECK(client.Response().ends_with("abc"));
}

TEST_CASE_METHOD(Fixture, "a head that comes too slowly is cut, however often a byte comes") {
  options.head_deadline = milliseconds(100);
  RawClient client(Start());
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(client.Send("GET /hello HTTP/1.1\r\n"));
  std::thread drip([&] {
    // A byte each millisecond: the deadline is for the whole head, so these change nothing.
    while (client.Send("X") && std::chrono::steady_clock::now() - begin < seconds(4)) {
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  CHECK(StatusIs(client.Response(), 408));
  CHECK(std::chrono::steady_clock::now() - begin < seconds(4));
  drip.join();
}

TEST_CASE_METHOD(Fixture, "a slow body is cut too") {
  options.body_deadline = milliseconds(50);
  RawClient client(Start());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\na");
  CHECK(StatusIs(client.Response(), 408));
}

TEST_CASE_METHOD(Fixture, "an idle connection is closed without a word") {
  options.idle_deadline = milliseconds(50);
  RawClient client(Start());
  CHECK(StatusIs(client.Ask("GET", "/hello"), 200));
  CHECK(client.Response() == "");
  CHECK(client.Closed());
}

TEST_CASE_METHOD(Fixture, "forty idle and forty slow connections block nobody") {
  options.max_per_address = 100;
  const uint16_t port = Start();
  std::deque<RawClient> clients;
  for (int i = 0; i < 80; ++i) {
    clients.emplace_back(port);
    if (i % 2 == 0) clients.back().Send("GET /hel");
  }
  CHECK(StatusIs(Ask("GET", "/hello"), 200));
}

TEST_CASE_METHOD(Fixture, "connections over the limits are told so, and places become free again") {
  const bool per_address = GENERATE(true, false);
  (per_address ? options.max_per_address : options.max_connections) = 3;
  const uint16_t port = Start();
  std::deque<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(port);
    CHECK(StatusIs(clients.back().Ask("GET", "/hello"), 200));
  }
  RawClient refused(port);
  const std::string response = refused.Response();
  CHECK(StatusIs(response, 503));
  CHECK(Contains(response, "Retry-After: 1"));
  CHECK(server->connections() == 3);
  clients.clear();
  const auto end = std::chrono::steady_clock::now() + seconds(5);
  while (server->connections() > 0 && std::chrono::steady_clock::now() < end) {
  }
  CHECK(StatusIs(Ask("GET", "/hello"), 200));
}

TEST_CASE_METHOD(Fixture, "every answer is told with its route, a known method and its code") {
  RawClient client(Start());  // One connection: its answers are told in order.
  client.Ask("GET", "/users/kim/risk");
  client.Ask("BREW", "/nothing");
  const std::vector<Served> served = ServedAtLeast(2);
  REQUIRE(served.size() == 2);
  CHECK(served[0].route == "/users/{id}/risk");
  CHECK(served[0].method == "GET");
  CHECK(served[0].code == 200);
  CHECK(served[1].route == "none");
  CHECK(served[1].method == "other");
  CHECK(served[1].code == 404);
}

TEST_CASE_METHOD(Fixture, "stopping ends open connections and is quick") {
  const uint16_t port = Start();
  RawClient idle(port), slow(port), kept(port);
  slow.Send("GET /hel");
  CHECK(StatusIs(kept.Ask("GET", "/hello"), 200));
  const auto begin = std::chrono::steady_clock::now();
  server->Stop();
  CHECK(std::chrono::steady_clock::now() - begin < seconds(3));
  CHECK(idle.Closed());
  CHECK(slow.Closed());
  CHECK(kept.Closed());
  server->Stop();
}

TEST_CASE_METHOD(Fixture, "a taken port and a strange address are refused with the remedy") {
  HttpServerOptions taken;
  taken.listen = StrCat("127.0.0.1:", Start());
  const Status status = HttpServer::Start(taken, {}).status();
  CHECK(status.code() == Code::kUnavailable);
  CHECK(Contains(status.message(), taken.listen));
  for (const char* listen : {"", "9400", ":9400", "nowhere:1", "127.0.0.1:x", "127.0.0.1:70000"}) {
    HttpServerOptions strange;
    strange.listen = listen;
    CHECK(HttpServer::Start(strange, {}).status().code() == Code::kInvalid);
  }
}
