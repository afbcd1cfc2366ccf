#include "engine/config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// Receives the events of one document and stacks up the tree. It refuses by throwing what the
// parser throws, so that ParseYaml has one place that turns refusals into problems.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const std::string> file) : file_(std::move(file)) {}

  ConfigNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw YAML::ParserException(mark,
                                  "expected one document, got a second one after \"---\"; "
                                  "put it into a file of its own");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, Make(mark, ConfigNode::Kind::kNull), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) {
      throw YAML::ParserException(mark,
                                  "an alias stands inside of what it names; write the value out");
    }
    Count(mark, target->second.nodes - 1);
    // A problem is shown where the alias stands only when the alias itself is at fault: its parts
    // keep the marks of the anchor, where the text is.
    Add(mark, target->second.node, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    ConfigNode node = Make(mark, ConfigNode::Kind::kScalar);
    node.scalar = value;
    node.quoted = tag == "!" || tag == StrCat(kCoreTag, "str");
    Add(mark, std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Push(mark, ConfigNode::Kind::kList, anchor);
  }
  void OnSequenceEnd() override { Pop(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Push(mark, ConfigNode::Kind::kMap, anchor);
  }
  void OnMapEnd() override { Pop(); }

 private:
  struct Frame {
    ConfigNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    size_t nodes_before = 0;
    std::optional<ConfigNode::Entry> key;  // Read, its value not yet.
  };
  struct Anchor {
    ConfigNode node;
    size_t nodes = 0;
  };

  ConfigNode Make(const YAML::Mark& mark, ConfigNode::Kind kind) const {
    ConfigNode node;
    node.kind = kind;
    node.mark = {file_, mark.line + 1, mark.column + 1};
    return node;
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.size() > 1 && !tag.starts_with(kCoreTag)) {
      throw YAML::ParserException(
          mark, StrCat("expected a plain value, got the tag \"", tag, "\"; remove it"));
    }
  }

  void Count(const YAML::Mark& mark, size_t more) {
    nodes_ += more;
    if (nodes_ > kYamlMaxNodes) {
      throw YAML::ParserException(
          mark, StrCat("expected at most ", kYamlMaxNodes, " values, aliases unfolded"));
    }
  }

  void Push(const YAML::Mark& mark, ConfigNode::Kind kind, YAML::anchor_t anchor) {
    if (stack_.size() >= kYamlMaxDepth) {
      throw YAML::ParserException(mark,
                                  StrCat("expected at most ", kYamlMaxDepth, " levels of nesting"));
    }
    Frame frame;
    frame.node = Make(mark, kind);
    frame.mark = mark;
    frame.anchor = anchor;
    frame.nodes_before = nodes_;
    stack_.push_back(std::move(frame));
  }

  void Pop() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    const size_t inside = nodes_ - frame.nodes_before;
    if (frame.anchor != YAML::NullAnchor) anchors_[frame.anchor] = {frame.node, inside + 1};
    Add(frame.mark, std::move(frame.node), YAML::NullAnchor);
  }

  void Add(const YAML::Mark& mark, ConfigNode node, YAML::anchor_t anchor) {
    Count(mark, 1);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 1};
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.node.kind == ConfigNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind != ConfigNode::Kind::kScalar) {
        throw YAML::ParserException(mark, StrCat("expected text as a key, got ", node.Describe()));
      }
      parent.key = ConfigNode::Entry{std::move(node.scalar), node.mark, {}};
    } else {
      // The parser gives a missing value the place of what follows it.
      if (node.kind == ConfigNode::Kind::kNull) node.mark = parent.key->mark;
      parent.key->value = std::move(node);
      parent.node.entries.push_back(*std::move(parent.key));
      parent.key.reset();
    }
  }

  std::shared_ptr<const std::string> file_;
  ConfigNode root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// The first line up to `last` (from 1) whose indentation holds a tab, or 0.
int TabInIndentation(std::string_view text, int last) {
  for (int line = 1; line <= last && !text.empty(); ++line) {
    const size_t end = text.find('\n');
    const std::string_view head = text.substr(0, text.find_first_not_of(" \t\r"));
    if (head.substr(0, end).find('\t') != std::string_view::npos) return line;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}

void AddSyntaxProblem(std::string_view text, const std::shared_ptr<const std::string>& file,
                      const YAML::Exception& error, Problems* problems) {
  const int line = std::max(error.mark.line, 0) + 1;
  if (const int tab = TabInIndentation(text, line); tab > 0) {
    problems->Add({file, tab, 1}, "",
                  "expected spaces at the beginning of the line, got a tab; YAML indents by "
                  "spaces only");
    return;
  }
  const bool ours = error.msg.starts_with("expected") || error.msg.starts_with("an alias");
  problems->Add({file, line, std::max(error.mark.column, 0) + 1}, "",
                ours ? error.msg
                     : StrCat("expected valid YAML, got a text that breaks off here: ", error.msg));
}

}  // namespace

Result<ConfigNode> ParseYaml(std::string_view text, std::string_view file_name,
                             Problems* problems) {
  const auto file = std::make_shared<const std::string>(file_name);
  if (!IsValidUtf8(text)) {
    problems->Add({file, 1, 1}, "", "expected UTF-8 text, got other bytes; save the file as UTF-8");
    return Status::Invalid(StrCat(file_name, ": not UTF-8"));
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(file);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.TakeRoot();
  } catch (const YAML::Exception& error) {
    AddSyntaxProblem(text, file, error, problems);
    return Status::Invalid(StrCat(file_name, ": ", error.what()));
  }
}

}  // namespace bongsu
