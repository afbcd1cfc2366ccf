// YAML text -> a tree of ConfigNode that remembers where each value stands. The first step of
// loading a configuration (load.h goes on from here) and of reading mapping files. The only user of
// yaml-cpp; runs at start and at reload, on the thread that asks.
//
// Anchors and aliases work; several documents in a file, keys that are not text, custom tags and
// trees that are too deep or, with aliases unfolded, too large do not. A key that stands twice is
// kept twice: ParseFields reports it.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/status.h"
#include "engine/core/config_node.h"

namespace bongsu {

inline constexpr size_t kYamlMaxDepth = 64;
inline constexpr size_t kYamlMaxNodes = 200'000;

// `file_name` is what marks and messages show; the file is not opened. An empty text is a node of
// kind kNull. A text that cannot be read becomes a problem at its line and column, and kInvalid.
Result<ConfigNode> ParseYaml(std::string_view text, std::string_view file_name, Problems* problems);

}  // namespace bongsu
