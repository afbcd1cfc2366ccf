// Text for XML and HTML. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace bongsu {

// Any text as one may write it inside an element or an attribute in double quotes. XML 1.0 allows
// few control characters and no broken UTF-8: those become "?".
std::string EscapeXml(std::string_view text);

}  // namespace bongsu
