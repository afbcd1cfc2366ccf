// Enforces tests/layering/allowed_includes.txt: arrows point down, siblings do not see each other,
// and each library is included by one folder.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "tests/support/temp_dir.h"

using namespace bongsu;
namespace fs = std::filesystem;

namespace {

struct Table {
  std::map<std::string, std::set<std::string>> allowed;  // Of a folder: folders, `<libraries`, `*`.
  std::set<std::string> system, shared;
};

Table ReadTable(const std::string& path) {
  Table table;
  std::ifstream file(path);
  REQUIRE(file);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(':');
    REQUIRE(colon != std::string::npos);
    std::istringstream words(line.substr(colon + 1));
    std::set<std::string> names;
    for (std::string word; words >> word;) names.insert(word);
    const std::string folder = line.substr(0, colon);
    if (folder == "system") {
      table.system = names;
    } else if (folder == "shared") {
      table.shared = names;
    } else {
      INFO(folder << " has two lines");
      REQUIRE(table.allowed.emplace(folder, names).second);
    }
  }
  return table;
}

Table OurTable() {
  return ReadTable(StrCat(BONGSU_SOURCE_DIR, "/tests/layering/allowed_includes.txt"));
}

bool Covers(const std::set<std::string>& names, const std::string& header) {
  return std::any_of(names.begin(), names.end(), [&header](const std::string& name) {
    return name.ends_with('/') ? ("<" + header).starts_with(name) : "<" + header == name;
  });
}

// The C++ standard library has neither slash nor dot.
bool IsStandard(const std::string& header) {
  return header.find_first_of("/.") == std::string::npos;
}

// Why `folder` may not include this, or empty.
std::string Fault(const Table& table, const std::string& folder, const std::string& directive) {
  static const std::regex kForm(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"].*$)re");
  const auto rule = table.allowed.find(folder);
  if (rule == table.allowed.end()) return StrCat("the folder ", folder, " has no line");
  std::smatch match;
  if (!std::regex_match(directive, match, kForm))
    return "only <header> and \"path\" can be checked";
  const std::string header = match[2];
  if (match[1] == "<") {
    if (IsStandard(header) || Covers(table.system, header)) return "";
    return Covers(rule->second, header) ? "" : StrCat(folder, " may not include <", header, '>');
  }
  const size_t slash = header.rfind('/');
  const std::string target = slash == std::string::npos ? "" : header.substr(0, slash);
  if (target == folder) return "";
  if (!table.allowed.contains(target)) {
    return StrCat('"', header, "\" is not written from the repository root");
  }
  if (rule->second.contains("*") || rule->second.contains(target)) return "";
  return StrCat(folder, " may not include ", target);
}

// One message a forbidden #include under engine, operators and state of `root`.
std::vector<std::string> Faults(const Table& table, const std::string& root, size_t* files) {
  std::vector<std::string> faults;
  for (const char* top : {"engine", "operators", "state"}) {
    if (!fs::exists(fs::path(root) / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
      const std::string extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
      ++*files;
      const std::string path = fs::relative(entry.path(), root);
      const std::string folder = fs::path(path).parent_path();
      std::ifstream file(entry.path());
      static const std::regex kInclude(R"(^\s*#\s*include\b.*)");
      int number = 1;
      for (std::string line; std::getline(file, line); ++number) {
        if (!std::regex_match(line, kInclude)) continue;
        const std::string fault = Fault(table, folder, line);
        if (fault.empty()) continue;
        faults.push_back(StrCat(path, ':', number, ": ", line, ": ", fault,
                                "; the rule is in tests/layering/allowed_includes.txt"));
      }
    }
  }
  std::sort(faults.begin(), faults.end());
  return faults;
}

void Plant(const TempDir& root, const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(root.File(path)).parent_path());
  std::ofstream(root.File(path)) << text;
}

}  // namespace

TEST_CASE("every include is allowed") {
  size_t files = 0;
  const std::vector<std::string> faults = Faults(OurTable(), BONGSU_SOURCE_DIR, &files);
  for (const std::string& fault : faults) UNSCOPED_INFO(fault);
  CHECK(faults.empty());
  CHECK(files > 50);
}

TEST_CASE("a forbidden include is found and named with its line") {
  const TempDir root;
  Plant(root, "engine/pipeline/good.cc",
        "#include \"engine/core/event.h\"\n#include <vector>\n#include <unistd.h>\n");
  Plant(root, "engine/pipeline/bad.cc", "// Text.\n#include \"engine/io/kafka/client.h\"\n");
  Plant(root, "engine/decode/sibling.h", "#  include \"engine/config/yaml.h\"  // why\n");
  Plant(root, "engine/core/log.cc", "#include <spdlog/spdlog.h>\n");
  Plant(root, "state/memory/library.cc", "#include <rocksdb/db.h>\n");
  Plant(root, "operators/detect/relative.cc", "#include \"../models/hst.h\"\n");
  Plant(root, "operators/detect/bare.cc", "#include \"hst.h\"\n");
  Plant(root, "operators/detect/macro.cc", "#include HEADER\n");
  Plant(root, "engine/brand_new/x.h", "#include <vector>\n");
  size_t files = 0;
  const std::vector<std::string> faults = Faults(OurTable(), root.path(), &files);
  CHECK(files == 9);
  REQUIRE(faults.size() == 8);
  const auto named = [&faults](const std::string& start, const std::string& part) {
    return std::any_of(faults.begin(), faults.end(), [&](const std::string& fault) {
      return fault.starts_with(start) && fault.find(part) != std::string::npos;
    });
  };
  CHECK(named("engine/pipeline/bad.cc:2: ", "engine/pipeline may not include engine/io/kafka"));
  CHECK(named("engine/decode/sibling.h:1: ", "engine/decode may not include engine/config"));
  CHECK(named("engine/core/log.cc:1: ", "engine/core may not include <spdlog/spdlog.h>"));
  CHECK(named("state/memory/library.cc:1: ", "may not include <rocksdb/db.h>"));
  CHECK(named("operators/detect/relative.cc:1: ", "not written from the repository root"));
  CHECK(named("operators/detect/bare.cc:1: ", "not written from the repository root"));
  CHECK(named("operators/detect/macro.cc:1: ", "can be checked"));
  CHECK(named("engine/brand_new/x.h:1: ", "has no line"));
}

TEST_CASE("each library belongs to one folder, and the vocabulary does not log") {
  const Table table = OurTable();
  std::map<std::string, std::set<std::string>> users;
  for (const auto& [folder, names] : table.allowed) {
    for (const std::string& name : names) {
      // What lies inside a folder counts as that folder.
      const std::string owner = folder.starts_with("engine/app/") ? "engine/app" : folder;
      if (name[0] == '<') users[name].insert(owner);
    }
  }
  for (const auto& [library, folders] : users) {
    INFO(library << "> is allowed in " << folders.size() << " folders");
    CHECK((folders.size() == 1 || table.shared.contains(library)));
  }
  for (const char* folder : {"engine/base", "engine/core", "operators/models"}) {
    CHECK_FALSE(table.allowed.at(folder).contains("<spdlog/"));
  }
}

TEST_CASE("the allowed includes have no cycle") {
  const Table table = OurTable();
  std::map<std::string, int> height;  // -1 while its includes are visited.
  const std::function<int(const std::string&)> visit = [&](const std::string& folder) -> int {
    const auto [at, fresh] = height.emplace(folder, -1);
    INFO("a cycle through " << folder);
    if (!fresh) {
      REQUIRE(at->second >= 0);
      return at->second;
    }
    int highest = 0;
    for (const std::string& name : table.allowed.at(folder)) {
      if (name[0] != '<' && name != "*") highest = std::max(highest, visit(name) + 1);
    }
    return height[folder] = highest;
  };
  for (const auto& [folder, names] : table.allowed) visit(folder);
  CHECK(height["engine/base"] == 0);
}
