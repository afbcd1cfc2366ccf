// The disk of a simulated machine: a key-value store a partition that outlives processes, writes
// whole batches or nothing, and may lose the newest of them (power), be wiped, be an old copy,
// have a rotten value, or be full.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "engine/core/state.h"
#include "tests/simulator/awaits.h"

namespace bongsu::sim {

struct Disk {
  using Map = std::map<std::string, std::string, std::less<>>;
  Map data;
  bool unreadable = false;  // It does not open until it is set aside.

  void Apply(const WriteBatch& batch);
  void LosePower(size_t batches);  // The newest are gone.
  void Rot(World& world);          // A bit of a value.
  void Wipe();

 private:
  using Undo = std::vector<std::pair<std::string, std::optional<std::string>>>;
  std::deque<Undo> undo_;  // Newest last.
};

struct Machine {
  std::string name;
  std::map<TopicPartition, Disk> disks;
  std::map<TopicPartition, Disk> copies;  // Made at some moment.
  bool full = false;
};

// A store over a disk, held by a process. All but the destructor may block.
std::unique_ptr<KeyValueStore> OpenDisk(Disk& disk, const Machine& machine, Awaits& awaits);

}  // namespace bongsu::sim
