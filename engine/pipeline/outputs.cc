#include "engine/pipeline/outputs.h"

namespace bongsu {

void Outputs::Add(std::string_view topic, int32_t partition, std::string_view key,
                  std::optional<std::string_view> value, std::initializer_list<Header> headers) {
  Entry entry{
      topic,           partition,     !value.has_value(), Keep(key), Keep(value.value_or("")),
      headers_.size(), headers.size()};
  for (const Header& header : headers) headers_.emplace_back(Keep(header.name), Keep(header.value));
  records_.push_back(entry);
}

Status Outputs::AppendTo(Transaction& transaction) const {
  std::vector<Header> headers;
  for (const Entry& entry : records_) {
    headers.clear();
    for (size_t i = entry.first_header; i < entry.first_header + entry.headers; ++i) {
      headers.push_back({View(headers_[i].first), View(headers_[i].second)});
    }
    const auto value = entry.tombstone ? std::nullopt : std::optional(View(entry.value));
    BONGSU_RETURN_IF_ERROR(
        transaction.Append(entry.topic, entry.partition, View(entry.key), value, headers));
  }
  return Status::Ok();
}

void Outputs::Clear() {
  bytes_.clear();
  records_.clear();
  headers_.clear();
}

Outputs::Piece Outputs::Keep(std::string_view text) {
  const Piece piece{bytes_.size(), text.size()};
  bytes_.append(text);
  return piece;
}

}  // namespace bongsu
