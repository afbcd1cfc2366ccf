// A configuration after reading and substitution, before checking: a tree that remembers where each
// value stands. engine/config makes it from YAML; field tables (spec.h) turn it into option
// structs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bongsu {

struct Mark {
  std::shared_ptr<const std::string> file;  // As given by the user; null for built-in values.
  int line = 0, column = 0;                 // From 1.
};

struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;
  Kind kind = Kind::kNull;
  Mark mark;
  std::string scalar;             // kScalar, after substitution.
  bool quoted = false;            // "5" is text, 5 may be a number.
  bool secret = false;            // Came from ${file:…} or the environment: never printed.
  std::vector<ConfigNode> items;  // kList.
  std::vector<Entry> entries;     // kMap, in file order.

  const ConfigNode* Find(std::string_view key) const;
  std::string Describe() const;  // For messages: `"x"`, `a list`, `a map`, `nothing`.
};

struct ConfigNode::Entry {
  std::string key;
  Mark mark;  // Of the key.
  ConfigNode value;
};

// Everything that is wrong, so that all of it can be reported at once.
class Problems {
 public:
  // `path` is the dotted path of the value ("features[3].window"); the message says what was
  // expected, what was found and the remedy.
  void Add(const Mark& mark, std::string_view path, std::string_view message);
  bool empty() const { return problems_.empty(); }
  size_t size() const { return problems_.size(); }
  // One line each, `file:line:col: path: message`, in file order.
  std::string Format() const;

 private:
  struct Problem {
    Mark mark;
    std::string text;
  };
  std::vector<Problem> problems_;
};

// An unknown key of a map: `path.key: unknown key; did you mean "…"?`.
void AddUnknownKey(const ConfigNode::Entry& entry, std::string_view path,
                   const std::vector<std::string>& known, Problems* problems);

}  // namespace bongsu
