#include "engine/json/writer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/strings.h"
#include "engine/base/words.h"

namespace bongsu {
namespace {

// ASCII that needs no escape: most texts.
bool IsPlain(std::string_view text) {
  return !AnyByte(text, [](uint64_t word) {
    return word | BelowSpace(word) | EqualTo(word, '"') | EqualTo(word, '\\');
  });
}

void AppendEscaped(std::string* out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  size_t done = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, done, at - done);
    done = at + 1;
    out->push_back('\\');
    if (byte >= 0x20) {
      out->push_back(c);
    } else if (c == '\n') {
      out->push_back('n');
    } else if (c == '\t') {
      out->push_back('t');
    } else if (c == '\r') {
      out->push_back('r');
    } else {
      out->append("u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    }
  }
  out->append(text, done);
}

// Replaces each byte that is not part of a valid sequence.
std::string Repair(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    while (length < 4 && i + length < text.size() && !IsValidUtf8(text.substr(i, length))) ++length;
    if (IsValidUtf8(text.substr(i, length))) {
      out += text.substr(i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return out;
}

}  // namespace

JsonWriter& JsonWriter::Open(char c) {
  Separate();
  out_->push_back(c);
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::Close(char c) {
  out_->push_back(c);
  first_ = false;
  return *this;
}

void JsonWriter::Separate() {
  if (!first_) out_->push_back(',');
  first_ = false;
}

// Short plain text, as most is, goes out at once with all that stands around it.
void JsonWriter::Quote(std::string_view text, std::string_view after) {
  if (!IsPlain(text)) {
    Separate();
    out_->push_back('"');
    AppendEscaped(out_, IsValidUtf8(text) ? text : Repair(text));
    out_->push_back('"');
    out_->append(after);
    return;
  }
  std::array<char, 64> whole;
  char* end = whole.data();
  if (!first_) *end++ = ',';
  first_ = false;
  *end++ = '"';
  if (text.size() + after.size() + 3 <= whole.size()) {
    end = std::copy(text.begin(), text.end(), end);
  } else {
    out_->append(whole.data(), end).append(text);
    end = whole.data();
  }
  *end++ = '"';
  end = std::copy(after.begin(), after.end(), end);
  out_->append(whole.data(), end);
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Quote(value, "");
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  Separate();
  strings_internal::Append(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  strings_internal::Append(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  return Raw(value ? "true" : "false");
}
JsonWriter& JsonWriter::Null() {
  return Raw("null");
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_->append(json);
  return *this;
}

}  // namespace bongsu
