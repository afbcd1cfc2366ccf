#include "engine/app/disk_probe.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

TEST_CASE("a directory that can be written is fine and stays as it was") {
  const TempDir dir;
  CHECK(ProbeDisk(dir.path()).ok());
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("one that cannot is named with the reason, and may pass") {
  const TempDir dir;
  const Status status = ProbeDisk(dir.File("missing"));
  CHECK(status.code() == Code::kUnavailable);
  CHECK_THAT(status.message(),
             Catch::Contains(dir.File("missing")) && Catch::Contains("No such file"));
}

}  // namespace
}  // namespace bongsu
