#include "engine/pipeline/models.h"

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

struct Kept {
  explicit Kept(StateStore& s, double weight = 0.1, std::string inputs = "rows, 1h")
      : store(s), model(weight), keeper({{"folding", &model, std::move(inputs)}}) {}
  Status Load() { return keeper.Load(store); }
  void Commit() {
    keeper.Save(store);
    REQUIRE(store.Write(store.Seal({})).ok());
    store.Applied();
  }
  StateStore& store;
  FoldingModel model;
  ModelKeeper keeper;
};

struct Shelf {
  MemoryKeyValueStore database;
  std::unique_ptr<StateStore> store = MakeStateStore(database, "");
};

TEST_CASE("a restart at every batch is as good as none, bit for bit") {
  Shelf shelf;
  FoldingModel calm(0.1);
  auto kept = std::make_unique<Kept>(*shelf.store);
  REQUIRE(kept->Load().ok());
  SplitMix64 random(1);
  for (int batch = 0; batch < 300; ++batch) {
    for (uint64_t i = random.Below(30); i > 0; --i) {
      const double x = random.Unit();
      calm.Learn({&x, 1});
      kept->keeper.Learn(0, {&x, 1});
    }
    kept->Commit();
    kept = std::make_unique<Kept>(*shelf.store);
    REQUIRE(kept->Load().ok());
    REQUIRE(kept->model.Save() == calm.Save());
    REQUIRE(kept->keeper.started_cold().empty());
  }
}

TEST_CASE("the redo log is replaced by a snapshot before it grows") {
  Shelf shelf;
  Kept kept(*shelf.store);
  REQUIRE(kept.Load().ok());
  size_t most = 0;
  for (int batch = 0; batch < 5000; ++batch) {
    const double x = batch;
    kept.keeper.Learn(0, {&x, 1});
    kept.Commit();
    size_t records = 0;
    if (batch % 97 == 0) {
      REQUIRE(shelf.store->Scan("m/folding/redo/", [&](auto, auto) { return ++records > 0; }).ok());
    }
    most = std::max(most, records);
  }
  CHECK(most > 0);
  CHECK(most < static_cast<size_t>(ModelKeeper::kSnapshotEvery));
}

TEST_CASE("the opinion of a model is one object until it is another") {
  Shelf shelf;
  Kept kept(*shelf.store);
  REQUIRE(kept.Load().ok());
  const double x = 0.5;
  kept.keeper.Learn(0, {&x, 1});
  const std::shared_ptr<const std::string> opinion = kept.keeper.Opinion(0);
  CHECK(*opinion == kept.model.SaveOpinion());
  kept.Commit();
  CHECK(kept.keeper.Opinion(0) == opinion);
  kept.keeper.Learn(0, {&x, 1});
  CHECK(*kept.keeper.Opinion(0) == kept.model.SaveOpinion());
  CHECK(*kept.keeper.Opinion(0) != *opinion);
}

TEST_CASE("other parameters or other inputs start cold, say so, and go on from there") {
  Shelf shelf;
  {
    Kept kept(*shelf.store);
    REQUIRE(kept.Load().ok());
    const double x = 0.5;
    kept.keeper.Learn(0, {&x, 1});
    kept.Commit();
  }
  const double weight = GENERATE(0.1, 0.2);
  const std::string inputs = GENERATE("rows, 1h", "rows, 2h", "");
  const bool changed = weight != 0.1 || inputs != "rows, 1h";
  CAPTURE(weight, inputs);
  Kept kept(*shelf.store, weight, inputs);
  REQUIRE(kept.Load().ok());
  CHECK(kept.keeper.started_cold() ==
        (changed ? std::vector<std::string>{"folding"} : std::vector<std::string>{}));
  CHECK(kept.model.Maturity() == (changed ? 0 : 1));
  const double x = 0.25;
  kept.keeper.Learn(0, {&x, 1});
  kept.Commit();
  Kept again(*shelf.store, weight, inputs);
  REQUIRE(again.Load().ok());
  CHECK(again.keeper.started_cold().empty());
  CHECK(again.model.Save() == kept.model.Save());
}

TEST_CASE("a redo log that is cut short is corrupt") {
  Shelf shelf;
  Kept kept(*shelf.store);
  REQUIRE(kept.Load().ok());
  shelf.store->Put("m/folding/redo/000000000000", "abc");
  Kept again(*shelf.store);
  CHECK(again.Load().code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
