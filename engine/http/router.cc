#include "engine/http/router.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsParam(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// True when the decoded segments of a path fit a pattern; fills the parameters.
bool Match(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
           std::vector<std::pair<std::string, std::string>>* params) {
  if (pattern.size() != path.size()) return false;
  params->clear();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (IsParam(pattern[i])) {
      if (path[i].empty()) return false;
      params->emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

std::string_view TitleOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

// The handler is not ours alone: whatever it throws becomes an answer, not the end of the process.
HttpResponse Run(const Route& route, const HttpRequest& request) {
  std::string what = "an unknown exception";
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  spdlog::error("handler of {} {} failed: {}", route.method, route.pattern, what);
  return ProblemResponse(500, "The handler failed; the log of this process says why.");
}

}  // namespace

bool PercentDecode(std::string_view text, std::string* decoded) {
  decoded->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    decoded->push_back(c);
  }
  return true;
}

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
  };
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), same)) return value;
  }
  return {};
}

std::string_view HttpRequest::Param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return {};
}

HttpResponse ProblemResponse(int status, std::string_view detail) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  JsonWriter(&response.body)
      .BeginObject()
      .Key("type")
      .String("about:blank")
      .Key("title")
      .String(TitleOf(status))
      .Key("status")
      .Int(status)
      .Key("detail")
      .String(detail)
      .EndObject();
  return response;
}

Router::Router(std::vector<Route> routes) {
  for (Route& route : routes) {
    BONGSU_CHECK(route.pattern.starts_with('/') && route.handler != nullptr);
    const auto views = Split(route.pattern);
    std::vector<std::string> segments(views.begin(), views.end());
    routes_.push_back({std::move(route), std::move(segments)});
  }
}

Router::Answer Router::Handle(std::string_view target, HttpRequest* request) const {
  if (!target.starts_with('/')) {
    return {ProblemResponse(400, "The target must be a path that starts with a slash.")};
  }
  const size_t question = std::min(target.find('?'), target.size());
  request->query = target.substr(std::min(question + 1, target.size()));
  std::vector<std::string> segments;
  request->path.clear();
  for (const std::string_view raw : Split(target.substr(0, question))) {
    if (!PercentDecode(raw, &segments.emplace_back())) {
      return {ProblemResponse(400, "The path has a broken percent escape or a control character.")};
    }
    request->path += '/' + segments.back();
  }
  std::vector<std::string> allowed;
  for (const Compiled& compiled : routes_) {
    if (!Match(compiled.segments, segments, &request->params)) continue;
    const Route& route = compiled.route;
    if (route.method == request->method || (route.method == "GET" && request->method == "HEAD")) {
      return {Run(route, *request), route.pattern};
    }
    allowed.push_back(route.method);
    if (route.method == "GET") allowed.emplace_back("HEAD");
  }
  if (allowed.empty()) return {ProblemResponse(404, "There is nothing at this path.")};
  HttpResponse response = ProblemResponse(
      405, StrCat("This path does not take the method; it takes ", Join(allowed, ", "), '.'));
  response.headers.emplace_back("Allow", Join(allowed, ", "));
  return {std::move(response)};
}

}  // namespace bongsu
