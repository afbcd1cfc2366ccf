#include "benchmarks/support/scratch_dir.h"

#include <stdlib.h>

#include <filesystem>

#include "engine/base/strings.h"

namespace bongsu::benchmarks {

Result<std::unique_ptr<ScratchDir>> ScratchDir::Make() {
  std::string name = (std::filesystem::temp_directory_path() / "bongsu-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return Status::Unavailable(StrCat("no directory can be made for ", name, "; set TMPDIR"));
  }
  return std::unique_ptr<ScratchDir>(new ScratchDir(std::move(name)));
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bongsu::benchmarks
