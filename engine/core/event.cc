#include "engine/core/event.h"

#include <algorithm>
#include <charconv>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kAttributes = "attributes.";

template <typename T>
bool TakeNumber(std::string_view* text, T* out) {
  const size_t colon = text->rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view digits = text->substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *out);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  text->remove_suffix(text->size() - colon);
  return true;
}

}  // namespace

std::string FormatOrigin(const Origin& origin) {
  return StrCat(origin.source, ':', origin.partition, ':', origin.offset, ':', origin.index);
}

Result<Origin> ParseOrigin(std::string_view text) {
  Origin origin;
  std::string_view rest = text;
  if (!TakeNumber(&rest, &origin.index) || !TakeNumber(&rest, &origin.offset) ||
      !TakeNumber(&rest, &origin.partition) || rest.empty()) {
    return Status::Invalid(StrCat("origin: expected source:partition:offset:index, got \"",
                                  text.substr(0, 128), "\""));
  }
  origin.source = rest;
  return origin;
}

Result<size_t> EventSchema::Slot(std::string_view name) {
  for (size_t i = 0; i < size(); ++i) {
    if (this->name(i) == name) return i;
  }
  if (name.starts_with(kAttributes) && name.size() > kAttributes.size()) {
    extra_.emplace_back(name);
    ++attributes_;
    return size() - 1;
  }
  for (const std::string& prefix : unknown_) {
    if (name.starts_with(prefix)) return AddDerived(std::string(name));
  }
  std::vector<std::string> known(kFieldNames.begin(), kFieldNames.end());
  known.insert(known.end(), extra_.begin(), extra_.end());
  return Status::Invalid(StrCat("expected a field of the access event or attributes.<name>, got \"",
                                name, "\"", DidYouMeanHint(name, known)));
}

size_t EventSchema::AddDerived(std::string name, bool flag) {
  size_t slot = 0;
  while (slot < size() && this->name(slot) != name) ++slot;
  if (slot == size()) extra_.push_back(std::move(name));
  if (flag && !IsFlag(slot)) flags_.push_back(slot);
  return slot;
}

bool EventSchema::IsFlag(size_t slot) const {
  return std::find(flags_.begin(), flags_.end(), slot) != flags_.end();
}

std::string_view EventSchema::name(size_t slot) const {
  return slot < kCanonicalFields ? kFieldNames[slot]
                                 : std::string_view(extra_[slot - kCanonicalFields]);
}

std::optional<size_t> EventSchema::AttributeSlot(std::string_view name) const {
  if (attributes_ == 0) return std::nullopt;
  for (size_t i = 0; i < extra_.size(); ++i) {
    const std::string_view extra = extra_[i];
    if (extra.size() == kAttributes.size() + name.size() && extra.starts_with(kAttributes) &&
        extra.ends_with(name)) {
      return kCanonicalFields + i;
    }
  }
  return std::nullopt;
}

}  // namespace bongsu
