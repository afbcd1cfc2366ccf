#include "engine/http/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "engine/base/strings.h"
#include "engine/http/router.h"

namespace bongsu {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using Error = boost::system::error_code;
using Steady = std::chrono::steady_clock;

class Session;

// What the sessions of a server share.
struct Shared {
  Shared(HttpServerOptions o, std::vector<Route> routes)
      : options(std::move(o)), router(std::move(routes)) {}
  const HttpServerOptions options;
  const Router router;
  std::mutex mutex;
  std::condition_variable gone;
  bool stopping = false;
  std::set<Session*> sessions;  // All that live, refused ones included.
  size_t served = 0;
  std::map<std::string, size_t> by_address;  // Of the served.
};

// What is wrong with a request that could not be read, as a status; 0 when the client is simply
// gone.
int StatusOf(const Error& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == make_error_code(http::error::bad_method).category() ? 400 : 0;
}

std::string DetailOf(int status, const HttpServerOptions& options) {
  switch (status) {
    case 431:
      return StrCat("The head is larger than ", options.header_limit, " bytes.");
    case 413:
      return StrCat("The body is larger than ", options.body_limit, " bytes.");
    case 408:
      return "The request did not arrive in time.";
    default:
      return "This is not a well-formed HTTP/1.1 request.";
  }
}

// A metric label of few values.
std::string_view MethodLabel(http::verb verb) {
  static constexpr http::verb kKnown[] = {
      http::verb::get,   http::verb::head,    http::verb::post,    http::verb::put,
      http::verb::patch, http::verb::delete_, http::verb::options, http::verb::trace};
  if (std::find(std::begin(kKnown), std::end(kKnown), verb) == std::end(kKnown)) return "other";
  const auto name = http::to_string(verb);
  return {name.data(), name.size()};
}

void SetDefault(http::fields* fields, const char* name, const char* value) {
  if (fields->find(name) == fields->end()) fields->set(name, value);
}

// One connection, on its strand: read a request, answer it, again. `timer_` bounds the phase it is
// in.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared* shared, std::string peer)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        shared_(*shared),
        peer_(std::move(peer)),
        buffer_(shared->options.header_limit + kReadAhead) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Counts itself in, or turns the client away. False: not even that; drop it.
  bool Admit();
  void Start();
  void BeginStop();  // From any thread, with shared().mutex held.

 private:
  static constexpr size_t kReadAhead = 64 * 1024;
  static constexpr size_t kMaxRefused = 64;  // Being told so at one time.
  static constexpr auto kLinger = std::chrono::seconds(1);
  static constexpr size_t kMaxLinger = 1024 * 1024;
  enum class Phase { kIdle, kHead, kBody, kWrite, kLinger };

  void Enter(Phase phase, Duration deadline);
  void OnDeadline();
  void NextRequest();
  void ReadHead();
  void OnHead(const Error& error);
  void ReadBody();
  void OnBody(const Error& error);
  void Fail(const Error& error);
  void Answer();
  void Send(HttpResponse response, std::string_view route, bool keep_alive);
  void OnSent(const Error& error, std::string_view route);
  void Linger();
  void Drain();
  void Close();
  // Wraps a member as a handler that keeps the session alive.
  template <typename Member>
  auto On(Member member) {
    return [self = shared_from_this(), member](const Error& error, auto&&...) {
      ((*self).*member)(error);
    };
  }

  tcp::socket socket_;
  net::steady_timer timer_;
  Shared& shared_;
  const std::string peer_;
  bool served_ = false, first_ = true, stopping_ = false;
  bool timed_out_ = false;
  Phase phase_ = Phase::kHead;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  Steady::time_point started_;
  http::verb verb_ = http::verb::unknown;
  size_t drained_ = 0;
};

Session::~Session() {
  const std::lock_guard lock(shared_.mutex);
  shared_.sessions.erase(this);
  if (served_) {
    --shared_.served;
    const auto found = shared_.by_address.find(peer_);
    if (--found->second == 0) shared_.by_address.erase(found);
  }
  shared_.gone.notify_all();
}

bool Session::Admit() {
  const std::lock_guard lock(shared_.mutex);
  const HttpServerOptions& options = shared_.options;
  const auto found = shared_.by_address.find(peer_);
  const size_t from_peer = found == shared_.by_address.end() ? 0 : found->second;
  served_ = shared_.served < options.max_connections && from_peer < options.max_per_address;
  if (shared_.stopping || (!served_ && shared_.sessions.size() - shared_.served >= kMaxRefused)) {
    served_ = false;
    return false;
  }
  shared_.sessions.insert(this);
  if (served_) {
    ++shared_.served;
    ++shared_.by_address[peer_];
  }
  return true;
}

void Session::Start() {
  net::dispatch(socket_.get_executor(), [self = shared_from_this()] {
    if (self->served_) return self->NextRequest();
    self->started_ = Steady::now();
    HttpResponse response = ProblemResponse(503, "Too many connections; try again in a moment.");
    response.headers.emplace_back("Retry-After", "1");
    self->Send(std::move(response), "none", false);
  });
}

void Session::BeginStop() {
  net::post(socket_.get_executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->stopping_ = true;
    if (self->phase_ != Phase::kWrite) self->Close();
  });
}

void Session::Enter(Phase phase, Duration deadline) {
  phase_ = phase;
  timed_out_ = false;
  timer_.expires_after(deadline);
  // Weak: a closed session need not wait for its timer.
  timer_.async_wait([weak = weak_from_this()](const Error& error) {
    if (const auto self = weak.lock(); self && !error) self->OnDeadline();
  });
}

void Session::OnDeadline() {
  if (timer_.expiry() > Steady::now()) return;  // A later phase has begun meanwhile.
  timed_out_ = true;
  if (phase_ == Phase::kHead || phase_ == Phase::kBody) {
    Error ignored;
    socket_.cancel(ignored);  // The read ends with an error; the client can still be told.
  } else {
    Close();
  }
}

void Session::NextRequest() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_.options.header_limit));
  parser_->body_limit(shared_.options.body_limit);
  if (std::exchange(first_, false) || buffer_.size() > 0) return ReadHead();
  Enter(Phase::kIdle, shared_.options.idle_deadline);
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const Error& error) {
    if (!error) self->ReadHead();
  });
}

void Session::ReadHead() {
  Enter(Phase::kHead, shared_.options.head_deadline);
  http::async_read_header(socket_, buffer_, *parser_, On(&Session::OnHead));
}

void Session::OnHead(const Error& error) {
  started_ = Steady::now();
  verb_ = parser_->is_header_done() ? parser_->get().method() : http::verb::unknown;
  if (error) return Fail(error);
  Enter(Phase::kBody, shared_.options.body_deadline);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return ReadBody();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  net::async_write(socket_, net::buffer(kContinue),
                   [self = shared_from_this()](const Error& sent, size_t) {
                     if (!sent) self->ReadBody();
                   });
}

void Session::ReadBody() {
  http::async_read(socket_, buffer_, *parser_, On(&Session::OnBody));
}

void Session::OnBody(const Error& error) {
  error ? Fail(error) : Answer();
}

void Session::Fail(const Error& error) {
  int status = StatusOf(error);
  if (timed_out_) status = parser_->got_some() ? 408 : 0;
  if (status == 0 || stopping_) return Close();
  Send(ProblemResponse(status, DetailOf(status, shared_.options)), "none", false);
}

void Session::Answer() {
  const bool keep_alive = parser_->keep_alive();
  const auto message = parser_->release();
  const std::string_view target(message.target().data(), message.target().size());
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.body = message.body();
  request.peer = peer_;
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (message.version() == 11 && message.count(http::field::host) != 1) {
    return Send(ProblemResponse(400, "An HTTP/1.1 request names its Host once."), "none", false);
  }
  Router::Answer answer = shared_.router.Handle(target, &request);
  Send(std::move(answer.response), answer.route, keep_alive);
}

void Session::Send(HttpResponse response, std::string_view route, bool keep_alive) {
  Enter(Phase::kWrite, shared_.options.write_deadline);
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) {
    // A line break would let a value add headers of its own.
    if (value.find_first_of("\r\n") == std::string::npos) response_.insert(name, value);
  }
  SetDefault(&response_, "Cache-Control", "no-store");
  SetDefault(&response_, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  SetDefault(&response_, "Referrer-Policy", "no-referrer");
  SetDefault(&response_, "X-Content-Type-Options", "nosniff");
  SetDefault(&response_, "X-Frame-Options", "DENY");
  response_.content_length(response.body.size());
  if (verb_ != http::verb::head) response_.body() = std::move(response.body);
  response_.keep_alive(keep_alive && !stopping_);
  http::async_write(socket_, response_,
                    [self = shared_from_this(), route](const Error& error, size_t) {
                      self->OnSent(error, route);
                    });
}

void Session::OnSent(const Error& error, std::string_view route) {
  if (shared_.options.observe) {
    shared_.options.observe(route, MethodLabel(verb_), response_.result_int(),
                            std::chrono::duration<double>(Steady::now() - started_).count());
  }
  if (error) return Close();
  if (stopping_ || !response_.keep_alive()) return Linger();
  NextRequest();
}

// Closing with bytes unread resets the connection, and the client may never see why: read on for a
// moment.
void Session::Linger() {
  Error ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (stopping_) return Close();
  Enter(Phase::kLinger, kLinger);
  buffer_.clear();
  Drain();
}

void Session::Drain() {
  constexpr size_t kPiece = 16 * 1024;
  socket_.async_read_some(buffer_.prepare(std::min(kPiece, buffer_.max_size())),
                          [self = shared_from_this()](const Error& error, size_t size) {
                            self->drained_ += size;
                            if (error || self->drained_ > kMaxLinger) return self->Close();
                            self->Drain();
                          });
}

void Session::Close() {
  Error ignored;
  timer_.cancel();
  socket_.close(ignored);
}

Result<tcp::endpoint> ParseListen(const std::string& text) {
  const Status bad = Status::Invalid(
      StrCat("cannot listen on \"", text,
             "\": expected address:port such as 127.0.0.1:9400, 0.0.0.0:9400 or [::]:9400"));
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad;
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  Error error;
  const auto address = net::ip::make_address(host, error);
  if (error || parsed.ec != std::errc() || parsed.ptr != end) return bad;
  return tcp::endpoint(address, port);
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerOptions options, std::vector<Route> routes)
      : shared(std::move(options), std::move(routes)),
        io(shared.options.threads),
        acceptor(net::make_strand(io)),
        retry(acceptor.get_executor()) {}

  Status Listen();
  void Accept();
  void OnAccept(const Error& error, tcp::socket socket);
  void Stop();

  Shared shared;  // Before `io`: the sessions that it still holds go first.
  net::io_context io;
  tcp::acceptor acceptor;
  net::steady_timer retry;
  uint16_t port = 0;
  std::vector<std::thread> threads;
};

Status HttpServer::Impl::Listen() {
  const std::string& listen = shared.options.listen;
  BONGSU_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseListen(listen));
  Error error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    return Status::Unavailable(StrCat("cannot listen on ", listen, ": ", error.message(),
                                      "; choose another port or stop what holds it"));
  }
  port = acceptor.local_endpoint().port();
  Accept();
  for (int i = 0; i < shared.options.threads; ++i) threads.emplace_back([this] { io.run(); });
  return Status::Ok();
}

void HttpServer::Impl::Accept() {
  acceptor.async_accept(net::make_strand(io), [this](const Error& error, tcp::socket socket) {
    OnAccept(error, std::move(socket));
  });
}

void HttpServer::Impl::OnAccept(const Error& error, tcp::socket socket) {
  if (!acceptor.is_open()) return;
  if (error) {
    // Out of descriptors, mostly: others must close first.
    spdlog::warn("cannot accept a connection on port {}: {}", port, error.message());
    retry.expires_after(std::chrono::milliseconds(100));
    retry.async_wait([this](const Error& ended) {
      if (!ended && acceptor.is_open()) Accept();
    });
    return;
  }
  Error ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto peer = socket.remote_endpoint(ignored).address().to_string();
  const auto session = std::make_shared<Session>(std::move(socket), &shared, peer);
  if (session->Admit()) session->Start();
  Accept();
}

void HttpServer::Impl::Stop() {
  if (threads.empty()) return;
  net::post(acceptor.get_executor(), [this] {
    Error ignored;
    acceptor.close(ignored);
    retry.cancel();
  });
  {
    std::unique_lock lock(shared.mutex);
    shared.stopping = true;
    for (Session* session : shared.sessions) session->BeginStop();
    shared.gone.wait_for(lock, std::chrono::seconds(2), [this] { return shared.sessions.empty(); });
  }
  io.stop();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() {
  Stop();
}
void HttpServer::Stop() {
  impl_->Stop();
}
uint16_t HttpServer::port() const {
  return impl_->port;
}

size_t HttpServer::connections() const {
  const std::lock_guard lock(impl_->shared.mutex);
  return impl_->shared.served;
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                      std::vector<Route> routes) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(routes));
  BONGSU_RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace bongsu
