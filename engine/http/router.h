// Finds the handler of a request: splits and decodes the target, matches it with the routes, and
// answers for those that have none (400, 404, 405). Immutable after construction: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/http/server.h"

namespace bongsu {

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Answer {
    HttpResponse response;
    std::string_view route = "none";  // The pattern that matched.
  };
  // `target` is the request's target as sent; fills path, query and params of `request`.
  Answer Handle(std::string_view target, HttpRequest* request) const;

 private:
  struct Compiled {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Compiled> routes_;
};

// False when a percent sign is not followed by two digits, or a control character comes out.
bool PercentDecode(std::string_view text, std::string* decoded);

}  // namespace bongsu
