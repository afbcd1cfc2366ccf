// The board on which components say whether they can do their work; /readyz reads it. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace bongsu {

class Health {
 public:
  // Why `component` is not ready, in words for an operator; empty when it is.
  void Set(std::string_view component, std::string_view reason);
  // Forgets a component that is no longer this process's concern: a partition that moved away.
  void Remove(std::string_view component);

  struct Report {
    bool ready = false;
    std::string json;  // {"ready":false,"reasons":[{"component":"…","reason":"…"}]}
  };
  // Ready when at least one component has reported and none has a reason.
  Report Read() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> reasons_;
};

}  // namespace bongsu
