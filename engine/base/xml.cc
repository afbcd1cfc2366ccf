#include "engine/base/xml.h"

#include "engine/base/strings.h"

namespace bongsu {

std::string EscapeXml(std::string_view text) {
  std::string out;
  const bool whole = IsValidUtf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !whole)) {
      out += '?';
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace bongsu
