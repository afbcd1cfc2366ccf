#include "engine/config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/strings.h"
#include "engine/config/yaml.h"

namespace bongsu {
namespace {

constexpr std::string_view kInclude = "include";

std::string DirectoryOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos;
}

// Replaces what stands in one scalar.
class Substitution {
 public:
  Substitution(const Environment& environment, const std::string& base_dir, Problems* problems)
      : environment_(environment), base_dir_(base_dir), problems_(problems) {}

  void Scalar(ConfigNode* node, const std::string& path) {
    if (node->scalar.find('$') == std::string::npos) return;
    const std::string text = std::exchange(node->scalar, {});
    for (size_t at = 0; at < text.size();) {
      const size_t dollar = text.find('$', at);
      node->scalar += text.substr(at, dollar - at);
      if (dollar == std::string::npos) return;
      const char next = dollar + 1 < text.size() ? text[dollar + 1] : '\0';
      const size_t end = next == '{' ? text.find('}', dollar) : std::string::npos;
      if (next == '{' && end == std::string::npos) {
        problems_->Add(node->mark, path, "expected \"}\" after \"${\"; write $$ for a dollar sign");
        return;
      }
      if (next == '{') {
        Reference(text.substr(dollar + 2, end - dollar - 2), node, path);
        at = end + 1;
      } else {
        node->scalar += '$';  // A lone one stays: regular expressions and passwords have them.
        at = dollar + (next == '$' ? 2 : 1);
      }
    }
  }

 private:
  void Reference(const std::string& inside, ConfigNode* node, const std::string& path) {
    if (inside.starts_with("file:")) {
      File(inside.substr(5), node, path);
      return;
    }
    const size_t split = inside.find(":-");
    const std::string name = inside.substr(0, split);
    if (!IsVariableName(name)) {
      problems_->Add(node->mark, path,
                     StrCat("expected ${VARIABLE}, ${VARIABLE:-default} or ${file:/path}, got \"${",
                            inside, "}\""));
      return;
    }
    const std::optional<std::string> value = environment_(name);
    if (value && (!value->empty() || split == std::string::npos)) {
      node->scalar += *value;
      node->secret = true;
    } else if (split != std::string::npos) {
      node->scalar += inside.substr(split + 2);
    } else {
      problems_->Add(node->mark, path,
                     StrCat("expected the environment variable ", name,
                            ", got none; set it or write ${", name, ":-default}"));
    }
  }

  void File(const std::string& file, ConfigNode* node, const std::string& path) {
    Result<std::string> text = ReadConfigFile(ResolvePath(base_dir_, file));
    if (!text.ok()) {
      problems_->Add(node->mark, path,
                     StrCat("expected a readable file \"", file, "\": ", text.status().message()));
      return;
    }
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    node->scalar += *text;
    node->secret = true;
  }

  const Environment& environment_;
  const std::string& base_dir_;
  Problems* problems_;
};

void Walk(ConfigNode* node, const std::string& path, Substitution* substitution) {
  if (node->kind == ConfigNode::Kind::kScalar) substitution->Scalar(node, path);
  for (size_t i = 0; i < node->items.size(); ++i)
    Walk(&node->items[i], StrCat(path, '[', i, ']'), substitution);
  for (ConfigNode::Entry& entry : node->entries) {
    Walk(&entry.value, path.empty() ? entry.key : StrCat(path, '.', entry.key), substitution);
  }
}

// Puts `over` (the including file) on top of `base` (the included one). Keys that stand twice in
// `over` stay so, for ParseFields to report.
void Merge(ConfigNode* base, ConfigNode over, bool top_level) {
  const size_t known = base->entries.size();
  for (ConfigNode::Entry& entry : over.entries) {
    const auto end = base->entries.begin() + static_cast<std::ptrdiff_t>(known);
    const auto same =
        std::find_if(base->entries.begin(), end, [&](const auto& e) { return e.key == entry.key; });
    if (same == end) {
      base->entries.push_back(std::move(entry));
    } else if (same->value.kind == ConfigNode::Kind::kMap &&
               entry.value.kind == ConfigNode::Kind::kMap) {
      Merge(&same->value, std::move(entry.value), false);
    } else if (top_level && same->value.kind == ConfigNode::Kind::kList &&
               entry.value.kind == ConfigNode::Kind::kList) {
      std::move(entry.value.items.begin(), entry.value.items.end(),
                std::back_inserter(same->value.items));
    } else {
      *same = std::move(entry);
    }
  }
  base->mark = over.mark;
}

class Loader {
 public:
  Loader(const Environment& environment, Problems* problems)
      : environment_(environment), problems_(problems) {}

  // False when it cannot be opened.
  bool Load(const std::string& path, ConfigNode* out, std::string* why) {
    Result<std::string> text = ReadConfigFile(path);
    if (!text.ok()) {
      *why = text.status().message();
      return false;
    }
    chain_.push_back(path);
    Result<ConfigNode> parsed = ParseYaml(*text, path, problems_);
    if (parsed.ok()) {
      SubstituteVariables(&*parsed, environment_, DirectoryOf(path), problems_);
      *out = WithIncludes(*std::move(parsed));
    }
    chain_.pop_back();
    return true;
  }

 private:
  ConfigNode WithIncludes(ConfigNode node) {
    ConfigNode merged;
    merged.kind = ConfigNode::Kind::kMap;
    merged.mark = node.mark;
    const ConfigNode* include = node.Find(kInclude);
    if (include == nullptr) return node;
    for (const ConfigNode::Entry& entry : node.entries) {
      if (entry.key == kInclude && &entry.value != include) {
        problems_->Add(entry.mark, kInclude, "the key stands twice in this map; keep one of them");
      }
    }
    if (include->kind != ConfigNode::Kind::kList) {
      problems_->Add(include->mark, kInclude,
                     StrCat("expected a list of files, got ", include->Describe()));
    }
    for (size_t i = 0; i < include->items.size(); ++i) {
      Include(include->items[i], StrCat(kInclude, '[', i, ']'), &merged);
    }
    node.entries.erase(
        std::find_if(node.entries.begin(), node.entries.end(),
                     [](const ConfigNode::Entry& entry) { return entry.key == kInclude; }));
    Merge(&merged, std::move(node), true);
    return merged;
  }

  void Include(const ConfigNode& item, const std::string& path, ConfigNode* merged) {
    if (item.kind != ConfigNode::Kind::kScalar) {
      problems_->Add(item.mark, path, StrCat("expected the name of a file, got ", item.Describe()));
      return;
    }
    const std::string file = ResolvePath(DirectoryOf(chain_.back()), item.scalar);
    const auto same = [&](const std::string& other) {
      std::error_code error;
      return other == file || std::filesystem::equivalent(other, file, error);
    };
    if (std::any_of(chain_.begin(), chain_.end(), same)) {
      problems_->Add(item.mark, path,
                     StrCat("expected no file that is being read already, got the circle ",
                            Join(chain_, " -> "), " -> ", file));
      return;
    }
    ConfigNode included;
    std::string why;
    if (!Load(file, &included, &why)) {
      problems_->Add(item.mark, path, StrCat("expected a readable file \"", file, "\": ", why));
    } else if (included.kind == ConfigNode::Kind::kMap) {
      Merge(merged, std::move(included), true);
    } else if (included.kind != ConfigNode::Kind::kNull) {
      problems_->Add(included.mark, "", StrCat("expected a map, got ", included.Describe()));
    }
  }

  const Environment& environment_;
  Problems* problems_;
  std::vector<std::string> chain_;  // The files being read, outermost first.
};

}  // namespace

Result<std::string> ReadConfigFile(const std::string& path) {
  errno = 0;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Status::NotFound("it is a directory");
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(text << in.rdbuf()))) {
    return Status::NotFound(errno != 0 ? std::strerror(errno) : "it cannot be read");
  }
  return std::move(text).str();
}

std::string BaseDirectory(const Mark& mark) {
  return mark.file ? DirectoryOf(*mark.file) : std::string();
}

std::string ResolvePath(const std::string& base_dir, const std::string& path) {
  return (std::filesystem::path(base_dir) / path).lexically_normal().string();
}

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

void SubstituteVariables(ConfigNode* node, const Environment& environment,
                         const std::string& base_dir, Problems* problems) {
  Substitution substitution(environment, base_dir, problems);
  Walk(node, "", &substitution);
}

Result<ConfigNode> LoadConfig(const std::string& path, const Environment& environment,
                              Problems* problems) {
  const size_t before = problems->size();
  ConfigNode node;
  std::string why;
  if (!Loader(environment, problems).Load(path, &node, &why)) {
    problems->Add({}, path, StrCat("expected a readable configuration file: ", why));
    return Status::NotFound(StrCat(path, ": ", why));
  }
  if (problems->size() > before)
    return Status::Invalid(StrCat(path, ": ", problems->size() - before, " problems"));
  return node;
}

}  // namespace bongsu
