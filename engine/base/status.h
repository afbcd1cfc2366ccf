// Errors as values. Every function that can fail returns Status or Result<T>; both must be looked
// at. A message names the thing, the value and the remedy. Standard library only; any thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bongsu {

enum class Code {
  kOk,
  kInvalid,      // The input or the configuration is wrong; trying again will not help.
  kNotFound,     // What was asked for is not there.
  kUnavailable,  // The world is slow or away; trying again may help.
  kFenced,       // Another owner took over; drop what is in hand.
  kCorrupt,      // Stored bytes fail their checksum or their format.
  kInternal,     // A library or system call failed in a way we do not expect.
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  // `code` is not kOk.
  Status(Code code, std::string message)
      : error_(std::make_shared<const Error>(Error{code, std::move(message)})) {}

  static Status Ok() { return {}; }
  static Status Invalid(std::string message) { return {Code::kInvalid, std::move(message)}; }
  static Status NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
  static Status Unavailable(std::string message) {
    return {Code::kUnavailable, std::move(message)};
  }
  static Status Fenced(std::string message) { return {Code::kFenced, std::move(message)}; }
  static Status Corrupt(std::string message) { return {Code::kCorrupt, std::move(message)}; }
  static Status Internal(std::string message) { return {Code::kInternal, std::move(message)}; }

  bool ok() const { return error_ == nullptr; }
  Code code() const { return ok() ? Code::kOk : error_->code; }
  const std::string& message() const {
    static const std::string kNone;
    return ok() ? kNone : error_->message;
  }

 private:
  struct Error {
    Code code;
    std::string message;
  };
  std::shared_ptr<const Error> error_;  // Null, as nearly always, costs next to nothing.
};

// A value or the reason why there is none. Keeps the shape of std::expected<T, Status>.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
  std::abort();
}

}  // namespace bongsu

// Ends the process when one of our own promises is broken: a restart resumes at the last commit.
#define BONGSU_CHECK(condition) \
  ((condition) ? void(0) : ::bongsu::CheckFailed(__FILE__, __LINE__, #condition))

#define BONGSU_CONCAT_INNER(a, b) a##b
#define BONGSU_CONCAT(a, b) BONGSU_CONCAT_INNER(a, b)

// Returns the Status of `expr` to the caller unless it is Ok.
#define BONGSU_RETURN_IF_ERROR(expr)                                                           \
  do {                                                                                         \
    if (::bongsu::Status bongsu_status_ = (expr); !bongsu_status_.ok()) return bongsu_status_; \
  } while (false)

// BONGSU_ASSIGN_OR_RETURN(auto x, F()): x is F()'s value, or the caller returns F()'s Status.
#define BONGSU_ASSIGN_OR_RETURN(target, expr) \
  BONGSU_ASSIGN_OR_RETURN_IMPL(BONGSU_CONCAT(bongsu_result_, __LINE__), target, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): `result` and `target` are declared, which parentheses
// would not allow.
#define BONGSU_ASSIGN_OR_RETURN_IMPL(result, target, expr) \
  auto result = (expr);                                    \
  if (!result.ok()) return result.status();                \
  target = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
