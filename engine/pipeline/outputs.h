// What a shard wants to publish, kept in order until its transaction has committed: an aborted
// transaction is sent again from here. Bytes lie in one buffer; nothing is allocated per record
// once it is warm. One thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/log.h"

namespace bongsu {

class Outputs {
 public:
  // `topic` must outlive the buffer's content. A value of nullopt is a tombstone.
  void Add(std::string_view topic, int32_t partition, std::string_view key,
           std::optional<std::string_view> value, std::initializer_list<Header> headers = {});
  Status AppendTo(Transaction& transaction) const;
  void Clear();
  bool empty() const { return records_.empty(); }
  size_t size() const { return records_.size(); }
  size_t bytes() const { return bytes_.size(); }

 private:
  struct Piece {
    size_t at, size;
  };
  struct Entry {
    std::string_view topic;
    int32_t partition;
    bool tombstone;
    Piece key, value;
    size_t first_header, headers;
  };
  Piece Keep(std::string_view text);
  std::string_view View(Piece piece) const {
    return std::string_view(bytes_).substr(piece.at, piece.size);
  }

  std::string bytes_;
  std::vector<Entry> records_;
  std::vector<std::pair<Piece, Piece>> headers_;
};

}  // namespace bongsu
