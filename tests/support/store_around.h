// A database that does as another one, for tests that change one thing of it or watch it.
#pragma once

#include "engine/core/state.h"

namespace bongsu {

class StoreAround : public KeyValueStore {
 public:
  explicit StoreAround(KeyValueStore& inner) : inner_(inner) {}  // Outlives this one.
  Result<bool> Get(std::string_view key, std::string* value) override {
    return inner_.Get(key, value);
  }
  void Expect(std::string_view key) override { inner_.Expect(key); }
  Status Write(const WriteBatch& batch, bool sync) override { return inner_.Write(batch, sync); }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    return inner_.Scan(from, to, visit);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    return inner_.DeleteRange(from, to);
  }
  uint64_t ApproximateSize() override { return inner_.ApproximateSize(); }

 private:
  KeyValueStore& inner_;
};

}  // namespace bongsu
