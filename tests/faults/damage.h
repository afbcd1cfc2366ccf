// Harm to the files of a member that is down, and to its disk.
#pragma once

#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/status.h"

namespace bongsu::faults {

// The files under `state` whose names begin or end so ("CURRENT", "MANIFEST", ".sst", ".log"), but
// for those set aside.
std::vector<std::string> FilesOf(const std::string& state, const std::string& kind);
// Flips a byte of one of them somewhere, or cuts it off there.
void DamageFile(const std::string& state, const std::string& kind, SplitMix64& random);

// A file system of `megabytes` in memory at `folder`, seen by this thread and those it starts, gone
// with them. kNotFound where that is not allowed.
Status MountSmallDisk(const std::string& folder, int megabytes);
void UnmountSmallDisk(const std::string& folder);
// A namespace of its own for the above, with the rights for it; before any other thread starts.
Status PrepareMounts();

// Takes all the space there is under `folder`.
void FillDisk(const std::string& folder);
void FreeDisk(const std::string& folder);

}  // namespace bongsu::faults
