// A store that reads ahead: what somebody will soon ask for is read meanwhile by a thread of the
// store, so that who asks waits neither for the disk nor for its blocks to be unpacked. Get says
// the same as without it.
#pragma once

#include <memory>

#include "engine/core/state.h"

namespace bongsu {

// Of what is expected and not asked for yet the last `most` are held.
std::unique_ptr<KeyValueStore> MakeReadAhead(std::unique_ptr<KeyValueStore> store,
                                             size_t most = 1024);

}  // namespace bongsu
