// The producer of the client that publishes without transactions.
#include <vector>

#include "tests/simulator/client_parts.h"
#include "tests/simulator/unsent.h"

namespace bongsu::sim {
namespace {

class PlainProducer final : public Producer {
 public:
  explicit PlainProducer(SimLog& log) : log_(log) {}
  Result<std::unique_ptr<Transaction>> Begin() override {
    return std::unique_ptr<Transaction>(std::make_unique<Sending>(log_));
  }

 private:
  class Sending final : public Transaction {
   public:
    explicit Sending(SimLog& log) : log_(log) {}
    Status Append(std::string_view topic, int32_t partition, std::string_view key,
                  std::optional<std::string_view> value, std::span<const Header> headers) override {
      BONGSU_RETURN_IF_ERROR(log_.awaits().Before(Point::kAppend));
      unsent_.push_back(NewUnsent(topic, partition, key, value, headers));
      return Status::Ok();
    }
    bool Join(const WriteBatch&) override { return false; }
    Outcome Commit(Duration) override {
      for (const Unsent& record : unsent_) {
        if (!log_.Request(Point::kSend, kSession).ok()) return Outcome::kUnknown;
        log_.broker().log(record.to).AppendPlain(record.payload, log_.world().now());
        log_.world().Stir();
      }
      return Outcome::kCommitted;
    }

   private:
    SimLog& log_;
    std::vector<Unsent> unsent_;
  };
  SimLog& log_;
};

}  // namespace

std::unique_ptr<Producer> NewSimPlainProducer(SimLog& log) {
  return std::make_unique<PlainProducer>(log);
}

}  // namespace bongsu::sim
