// Receipts of alerts as JSON, with the snapshots of models beside them: what `bongsu reproduce`
// makes an alert from again. An encoder a shard, on the shard's thread; reading is for any.
//
//   {"version":1, "alert":"<uid>", "revision":2, "alert_digest":"<SHA-256 of the alert's bytes>",
//    "release":"0.1.0", "config_digest":"…", "partitions":4, "user":"…",
//    "event":{"json":"…", "origin":"db:0:17:0", "late":false, "offset":812},
//      or "timer":{"operator":"decide"}, "time":<microseconds>,
//    "person":{"u":"<hex>", "f":"<hex>"}, "models":[{"name":"…", "digest":"…"}],
//    "digest":"<SHA-256 of all before this member>"}
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/codec.h"

namespace bongsu {

struct ReceiptOptions {
  std::string tenant, release, config_digest;
  int32_t partitions = 1;  // Of bongsu.events.
};

std::unique_ptr<ReceiptEncoder> MakeReceiptEncoder(ReceiptOptions options);

struct StoredReceipt {
  std::string alert, alert_digest, release, config_digest, user;
  uint32_t revision = 0;
  int32_t partitions = 1;
  Receipt receipt;  // Without models:
  struct Model {
    std::string name, digest;
  };
  std::vector<Model> models;
};

// kCorrupt when it is not a receipt, or not as it was written.
Result<StoredReceipt> ParseReceipt(std::string_view json);

}  // namespace bongsu
