#include "engine/base/strings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/base/words.h"

namespace bongsu {

namespace strings_internal {

namespace {

// Texts of numbers lately written: an alert has each several times, and the shortest text of a
// double takes long to find.
struct NumberText {
  uint64_t bits = 0;
  uint32_t size = 0;  // 0: none.
  std::array<char, 28> text;
};
thread_local std::array<NumberText, 128> lately;

}  // namespace

void Append(std::string* out, double number) {
  // Of a whole number below this the shortest text is its digits; a count is found sooner so.
  constexpr double kDigitsAreShortest = 100000;
  if (std::abs(number) < kDigitsAreShortest && !(number == 0 && std::signbit(number))) {
    const auto whole = static_cast<int>(number);
    if (static_cast<double>(whole) == number) return Append(out, whole);
  }
  const auto bits = std::bit_cast<uint64_t>(number);
  NumberText& known = lately[bits * 0x9E3779B97F4A7C15 >> 57];
  if (known.size == 0 || known.bits != bits) {
    const auto end = std::to_chars(known.text.begin(), known.text.end(), number);
    known.bits = bits;
    known.size = static_cast<uint32_t>(end.ptr - known.text.data());
  }
  out->append(known.text.data(), known.size);
}

}  // namespace strings_internal

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const size_t substitution = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::string_view DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMeanHint(std::string_view word, std::span<const std::string> candidates) {
  const std::string_view best = DidYouMean(word, candidates);
  return best.empty() ? std::string() : StrCat("; did you mean \"", best, "\"?");
}

bool IsValidUtf8(std::string_view text) {
  if (!AnyByte(text, [](uint64_t word) { return word; })) return true;  // ASCII.
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80         ? 1
                          : (lead >> 5) == 6  ? 2
                          : (lead >> 4) == 14 ? 3
                          : (lead >> 3) == 30 ? 4
                                              : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0) != 0x80) return false;
      code = (code << 6) | (byte & 0x3Fu);
    }
    constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
      return false;
    i += length;
  }
  return true;
}

std::string HexEncode(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace bongsu
