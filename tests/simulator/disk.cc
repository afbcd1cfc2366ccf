#include "tests/simulator/disk.h"

namespace bongsu::sim {
namespace {

constexpr size_t kUnsynced = 40;  // Batches that a power cut may take.

class DiskStore final : public KeyValueStore {
 public:
  DiskStore(Disk& disk, const Machine& machine, Awaits& awaits)
      : disk_(disk), machine_(machine), awaits_(awaits) {}

  Result<bool> Get(std::string_view key, std::string* value) override {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kStoreRead));
    const auto found = disk_.data.find(key);
    if (found == disk_.data.end()) return false;
    value->assign(found->second);
    return true;
  }
  Status Write(const WriteBatch& batch, bool) override {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kStoreWrite));
    if (machine_.full) return Status::Unavailable("simulated: no space left");
    disk_.Apply(batch);
    return awaits_.After(Point::kAfterStoreWrite);
  }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kStoreRead));
    const auto end = to.empty() ? disk_.data.end() : disk_.data.lower_bound(to);
    for (auto it = disk_.data.lower_bound(from); it != end; ++it) {
      if (!visit(it->first, it->second)) break;
    }
    return Status::Ok();
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    BONGSU_RETURN_IF_ERROR(awaits_.Before(Point::kStoreWrite));
    WriteBatch batch;
    const auto end = to.empty() ? disk_.data.end() : disk_.data.lower_bound(to);
    for (auto it = disk_.data.lower_bound(from); it != end; ++it) batch.Delete(it->first);
    disk_.Apply(batch);
    return Status::Ok();
  }
  uint64_t ApproximateSize() override { return disk_.data.size(); }

 private:
  Disk& disk_;
  const Machine& machine_;
  Awaits& awaits_;
};

}  // namespace

void Disk::Apply(const WriteBatch& batch) {
  Undo& undo = undo_.emplace_back();
  if (undo_.size() > kUnsynced) undo_.pop_front();
  for (const WriteBatch::Op& op : batch.ops()) {
    const auto found = data.find(op.key);
    undo.emplace_back(op.key, found == data.end() ? std::nullopt : std::optional(found->second));
    if (op.value) {
      data.insert_or_assign(std::string(op.key), *op.value);
    } else if (found != data.end()) {
      data.erase(found);
    }
  }
}

void Disk::LosePower(size_t batches) {
  for (; batches > 0 && !undo_.empty(); --batches) {
    for (auto change = undo_.back().rbegin(); change != undo_.back().rend(); ++change) {
      if (change->second) {
        data[change->first] = *change->second;
      } else {
        data.erase(change->first);
      }
    }
    undo_.pop_back();
  }
}

void Disk::Rot(World& world) {
  if (data.empty()) return;
  auto victim = data.begin();
  std::advance(victim, world.Index(data.size()));
  if (victim->second.empty()) return;
  world.Trace("a bit of ", victim->first, " on a disk is wrong from now on");
  victim->second[world.Index(victim->second.size())] ^= 0x10;
}

void Disk::Wipe() {
  data.clear();
  undo_.clear();
  unreadable = false;
}

std::unique_ptr<KeyValueStore> OpenDisk(Disk& disk, const Machine& machine, Awaits& awaits) {
  return std::make_unique<DiskStore>(disk, machine, awaits);
}

}  // namespace bongsu::sim
