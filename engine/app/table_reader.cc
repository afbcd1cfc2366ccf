#include "engine/app/table_reader.h"

#include <utility>

#include "engine/config/load.h"
#include "engine/crypto/digest.h"

namespace bongsu {

Result<std::string> TableReader::Read(const std::string& path) {
  std::string text;
  if (bytes_ == nullptr) {
    BONGSU_ASSIGN_OR_RETURN(text, ReadConfigFile(path));
  } else {
    const auto found = bytes_->find(path);
    if (found == bytes_->end()) return Status::NotFound("the version brings no such table");
    text = found->second;
  }
  digests_[path] = Sha256Hex(text);
  return text;
}

Result<std::string> TableReader::DigestOf(const std::string& path) {
  if (!digests_.contains(path)) BONGSU_RETURN_IF_ERROR(Read(path).status());
  return digests_[path];
}

}  // namespace bongsu
