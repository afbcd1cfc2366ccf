// A store that reads ahead: what somebody will soon ask for is read meanwhile by a thread of the
// store, so that who asks waits neither for the disk nor for its blocks to be unpacked. Get says
// the same as without it, except that one beside a Write of another thread may see a part of it.
#pragma once

#include <memory>

#include "engine/core/state.h"

namespace bongsu {

// Of what is expected and not asked for yet at most `most` are held, as a rule the last.
std::unique_ptr<KeyValueStore> MakeReadAhead(std::unique_ptr<KeyValueStore> store,
                                             size_t most = 1024);

}  // namespace bongsu
