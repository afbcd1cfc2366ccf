// What the field tables say -> JSON Schema (draft 2020-12) for editors and for checks outside of
// Bongsu. Objects are closed: a key that the engine would refuse, the editor underlines.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/fields.h"

namespace bongsu {

// One JSON text. `title` names the file that it describes.
std::string WriteJsonSchema(const SchemaNode& root, std::string_view title);

}  // namespace bongsu
