#include "engine/pipeline/models.h"

#include <cstring>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

std::string RedoKey(const std::string& prefix, uint64_t number) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "redo/%012llu", static_cast<unsigned long long>(number));
  return prefix + digits;
}

// Calls learn(x) for each input; false when the bytes are not whole inputs.
template <typename F>
bool ForEachInput(std::string_view redo, F learn) {
  std::vector<double> x;
  while (!redo.empty()) {
    uint32_t count;
    if (redo.size() < sizeof(count)) return false;
    std::memcpy(&count, redo.data(), sizeof(count));
    redo.remove_prefix(sizeof(count));
    if (count * sizeof(double) > redo.size()) return false;
    x.resize(count);
    std::memcpy(x.data(), redo.data(), count * sizeof(double));
    redo.remove_prefix(count * sizeof(double));
    learn(x);
  }
  return true;
}

// Parameters and inputs are known before the first redo.
void PutNew(const std::string& prefix, const std::string& inputs, const Model& model,
            StateStore& store) {
  store.Put(prefix + "snapshot", model.Save());
  if (!inputs.empty()) store.Put(prefix + "inputs", inputs);
}

}  // namespace

ModelKeeper::ModelKeeper(const std::vector<PipelineSchema::ModelEntry>& models) {
  for (const auto& [name, model, inputs] : models) {
    kept_.push_back({StrCat("m/", name, "/"), model, inputs, {}, 0, 0, nullptr, true});
  }
}

void ModelKeeper::Learn(size_t model, std::span<const double> x) noexcept {
  Kept& kept = kept_[model];
  kept.model->Learn(x);
  kept.opinion_is_old = true;
  const auto count = static_cast<uint32_t>(x.size());
  kept.redo.append(reinterpret_cast<const char*>(&count), sizeof(count));
  kept.redo.append(reinterpret_cast<const char*>(x.data()), x.size_bytes());
  ++kept.since_snapshot;
}

void ModelKeeper::Save(StateStore& store) {
  for (Kept& kept : kept_) {
    if (kept.redo.empty()) continue;
    if (kept.since_snapshot >= kSnapshotEvery) {
      PutSnapshot(kept, store);
    } else {
      store.Put(RedoKey(kept.prefix, kept.redo_records++), kept.redo);
      kept.redo.clear();
    }
  }
}

const std::shared_ptr<const std::string>& ModelKeeper::Opinion(size_t model) {
  Kept& kept = kept_[model];
  if (!kept.opinion_is_old) return kept.opinion;
  std::string opinion = kept.model->SaveOpinion();
  if (!kept.opinion || *kept.opinion != opinion)
    kept.opinion = std::make_shared<const std::string>(std::move(opinion));
  kept.opinion_is_old = false;
  return kept.opinion;
}

void ModelKeeper::PutSnapshot(Kept& kept, StateStore& store) {
  store.Put(kept.prefix + "snapshot", kept.model->Save());
  for (; kept.redo_records > 0; --kept.redo_records)
    store.Delete(RedoKey(kept.prefix, kept.redo_records - 1));
  kept.since_snapshot = 0;
  kept.redo.clear();
}

Status ModelKeeper::Load(StateStore& store) {
  for (Kept& kept : kept_) BONGSU_RETURN_IF_ERROR(LoadOne(kept, store));
  return Status::Ok();
}

Status ModelKeeper::StartCold(Kept& kept, StateStore& store) {
  std::vector<std::string> old;
  BONGSU_RETURN_IF_ERROR(store.Scan(kept.prefix, [&](std::string_view key, std::string_view) {
    old.emplace_back(key);
    return true;
  }));
  for (const std::string& key : old) store.Delete(key);
  started_cold_.push_back(kept.prefix.substr(2, kept.prefix.size() - 3));
  PutNew(kept.prefix, kept.inputs, *kept.model, store);
  return Status::Ok();
}

Status ModelKeeper::LoadOne(Kept& kept, StateStore& store) {
  std::string snapshot;
  BONGSU_ASSIGN_OR_RETURN(const bool found, store.Get(kept.prefix + "snapshot", &snapshot));
  if (found) {
    std::string inputs;
    BONGSU_ASSIGN_OR_RETURN(const bool meant, store.Get(kept.prefix + "inputs", &inputs));
    if ((meant ? inputs : std::string()) != kept.inputs) return StartCold(kept, store);
    const Status status = kept.model->Load(snapshot);
    if (status.code() == Code::kInvalid) return StartCold(kept, store);
    BONGSU_RETURN_IF_ERROR(status);
  } else {
    PutNew(kept.prefix, kept.inputs, *kept.model, store);
  }
  bool readable = true;
  BONGSU_RETURN_IF_ERROR(
      store.Scan(kept.prefix + "redo/", [&](std::string_view, std::string_view redo) {
        ++kept.redo_records;
        return readable = ForEachInput(redo, [&](std::span<const double> x) {
                 kept.model->Learn(x);
                 ++kept.since_snapshot;
               });
      }));
  return readable ? Status::Ok()
                  : Status::Corrupt("state: the redo log of a model is not readable");
}

}  // namespace bongsu
