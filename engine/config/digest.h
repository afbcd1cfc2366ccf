// The digest of a part of the configuration: the same for the same meaning however the file is laid
// out. What is digested decides when a configuration takes effect (design section 10).
#pragma once

#include <string>

#include "engine/core/config_node.h"

namespace bongsu {

// An unambiguous text of the tree: the order of a map's keys and how the file is formatted do not
// matter; the order of lists does. Scalars count by their text, secrets by their value: the text
// must not be shown.
std::string CanonicalText(const ConfigNode& node);

// SHA-256 of CanonicalText, 64 hexadecimal digits; this may be shown.
std::string ConfigDigest(const ConfigNode& node);

}  // namespace bongsu
