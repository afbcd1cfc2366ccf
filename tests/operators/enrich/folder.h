// A folder with tables in it, gone with the test.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace bongsu {

class Folder {
 public:
  Folder(const std::string& file, const std::string& text) : Folder() { Write(file, text); }
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "bongsu_enrich_XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  void Remove(const std::string& file) const { std::filesystem::remove(path_ / file); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bongsu
