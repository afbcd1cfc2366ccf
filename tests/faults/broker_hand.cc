#include "tests/faults/broker_hand.h"

#include <utility>

namespace bongsu::faults {

Result<std::unique_ptr<BrokerHand>> BrokerHand::Start(const KafkaClusterOptions& options) {
  std::unique_ptr<BrokerHand> hand(new BrokerHand());
  hand->thread_ = std::thread([h = hand.get(), options] { h->Run(options); });
  std::unique_lock lock(hand->mutex_);
  hand->changed_.wait(lock, [&] { return hand->started_; });
  if (hand->broker_ == nullptr) {
    return Status::Unavailable(
        "no Kafka cluster could be started; it needs java (openjdk-17-jre-headless) and, the first "
        "time, maven");
  }
  lock.unlock();
  return hand;
}

BrokerHand::~BrokerHand() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BrokerHand::Run(const KafkaClusterOptions& options) {
  std::unique_ptr<KafkaBroker> broker;
  try {
    broker = KafkaBroker::Start(options);
  } catch (...) {  // The test framework throws where there is no test.
  }
  std::unique_lock lock(mutex_);
  broker_ = std::move(broker);
  started_ = true;
  changed_.notify_all();
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) break;
    auto [job, then] = std::move(jobs_.front());
    jobs_.pop_front();
    working_ = true;
    lock.unlock();
    Status status = job(broker_->cluster());
    lock.lock();
    working_ = false;
    done_.emplace_back(std::move(then), std::move(status));
  }
  lock.unlock();
  broker_.reset();
}

void BrokerHand::Do(Job job, Then then) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back(std::move(job), std::move(then));
  }
  changed_.notify_all();
}

void BrokerHand::Look() {
  std::deque<std::pair<Then, Status>> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const auto& [then, status] : done) {
    if (then) then(status);
  }
}

bool BrokerHand::Idle() {
  const std::lock_guard lock(mutex_);
  return jobs_.empty() && done_.empty() && !working_;
}

}  // namespace bongsu::faults
