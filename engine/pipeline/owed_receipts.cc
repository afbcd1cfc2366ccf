#include "engine/pipeline/owed_receipts.h"

#include <utility>

namespace bongsu {

void OwedReceipts::Add(std::shared_ptr<ReceiptEncoder> encoder, const Alert& alert,
                       std::string_view json, const Receipt& receipt, int32_t partition) {
  bytes_ += json.size() + receipt.event.size();
  for (const Receipt::Entry& entry : receipt.person) bytes_ += 2 * entry.bytes.size();
  for (size_t i = 0; i < receipt.models.size(); ++i) {
    const auto& snapshot = receipt.models[i].snapshot;
    if (owed_.empty() || i >= owed_.back().receipt.models.size() ||
        owed_.back().receipt.models[i].snapshot != snapshot) {
      bytes_ += snapshot->size();
    }
  }
  owed_.push_back({std::move(encoder), alert, std::string(json), receipt, partition});
}

void OwedReceipts::WriteTo(std::string_view topic, Outputs* outputs) {
  for (const Owed& owed : owed_) {
    owed.encoder->Encode(owed.alert, owed.json, owed.receipt,
                         [&](std::string_view name, std::string_view bytes) {
                           outputs->Add(topic, owed.partition, name, bytes);
                         });
  }
  owed_.clear();
  bytes_ = 0;
}

}  // namespace bongsu
