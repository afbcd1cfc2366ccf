// A TCP proxy between the engine and one broker that knows where a Kafka request begins: it can
// slow all of them down, hold back the ends of transactions, and cut connections. One thread of its
// own; the methods may be called by any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "engine/base/status.h"

namespace bongsu::faults {

class Proxy final {
 public:
  // Listens on a free port of the loopback address; connections wait until there is a target.
  static Result<std::unique_ptr<Proxy>> Listen();
  ~Proxy();

  int port() const { return port_; }
  void ForwardTo(int port) { target_ = port; }
  // Every request arrives so much later; zero: at once.
  void Delay(std::chrono::milliseconds by) { delay_ms_ = by.count(); }
  // The next `count` requests that end a transaction (EndTxn) arrive so much later. With `cut` the
  // one who sent it loses the connection after a second, but what was held arrives all the same.
  void HoldEnds(int count, std::chrono::milliseconds by, bool cut);
  // Ends all connections, in order or (reset) by an RST.
  void Cut(bool reset) { cut_ = reset ? 2 : 1; }
  int64_t ends_held() const { return ends_held_; }

 private:
  class Loop;
  Proxy() = default;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> target_{0}, cut_{0}, to_hold_{0};
  std::atomic<int64_t> delay_ms_{0}, hold_ms_{0}, ends_held_{0};
  std::atomic<bool> cut_held_{false}, stop_{false};
  std::thread thread_;
};

}  // namespace bongsu::faults
