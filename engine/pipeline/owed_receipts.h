// What the alerts of a batch were made from, written only when the batch is committed: digests and
// hexadecimals take longer than the alert, and the shard's thread has other things to do. Owned by
// one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/codec.h"
#include "engine/pipeline/outputs.h"

namespace bongsu {

class OwedReceipts {
 public:
  // `encoder` is that of the version in force; `json` the alert as it goes out.
  void Add(std::shared_ptr<ReceiptEncoder> encoder, const Alert& alert, std::string_view json,
           const Receipt& receipt, int32_t partition);
  // Adds the records, in order, and owes nothing more.
  void WriteTo(std::string_view topic, Outputs* outputs);
  size_t bytes() const { return bytes_; }  // Of the records to be, about.

 private:
  struct Owed {
    std::shared_ptr<ReceiptEncoder> encoder;
    Alert alert;
    std::string json;
    Receipt receipt;
    int32_t partition;
  };
  std::vector<Owed> owed_;
  size_t bytes_ = 0;
};

}  // namespace bongsu
