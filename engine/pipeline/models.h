// Keeps the models of one shard: what a model needs to continue is a snapshot and the inputs
// learned since (m/<model>/snapshot, m/<model>/redo/<number>): one redo record a batch, a snapshot
// every kSnapshotEvery inputs replaces them. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/operator.h"
#include "engine/core/state.h"

namespace bongsu {

class ModelKeeper {
 public:
  static constexpr int64_t kSnapshotEvery = 1000;

  explicit ModelKeeper(const std::vector<PipelineSchema::ModelEntry>& models);
  void Learn(size_t model, std::span<const double> x) noexcept;
  // What Model::SaveOpinion says; the same object while it says the same.
  const std::shared_ptr<const std::string>& Opinion(size_t model);
  void Save(StateStore& store);
  // Brings each model to where it was. A model whose parameters or inputs changed starts cold; its
  // name is in started_cold() then.
  Status Load(StateStore& store);
  const std::vector<std::string>& started_cold() const { return started_cold_; }

 private:
  struct Kept {
    std::string prefix;  // m/<model>/
    Model* model;
    std::string inputs;  // What its inputs mean: m/<model>/inputs.
    std::string redo;    // Inputs learned in this batch: each a u32 count and doubles.
    int64_t since_snapshot = 0;
    uint64_t redo_records = 0;  // In the store.
    std::shared_ptr<const std::string> opinion;
    bool opinion_is_old = true;  // The model has learned since.
  };
  Status LoadOne(Kept& kept, StateStore& store);
  Status StartCold(Kept& kept, StateStore& store);
  static void PutSnapshot(Kept& kept, StateStore& store);
  std::vector<Kept> kept_;
  std::vector<std::string> started_cold_;
};

}  // namespace bongsu
