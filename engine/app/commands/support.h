// What the subcommands share: finding and loading the configuration, and how they fail.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/base/strings.h"

namespace bongsu {

// A file of the shipped configuration, beside the program; its name alone when it is not there.
std::string FindShipped(const std::string& file);

// `named` if not empty, else $BONGSU_CONFIG, bongsu.yaml here, or the shipped one beside the
// program.
std::string FindConfig(const std::string& named);

// Loads it; on failure prints every problem to standard error and gives nullopt.
std::optional<EngineConfig> LoadOrReport(const std::string& named,
                                         const Environment& environment = ProcessEnvironment());

struct NamedFile {
  std::string_view option;  // "--alerts".
  std::string_view path;    // Empty: not given.
};
// kInvalid when a file would be written twice, or written over what is read.
Status CheckOutputs(std::span<const NamedFile> outputs, const std::vector<std::string>& inputs);

// How far long work is: one line on the terminal that goes at the end; nothing where standard error
// is no terminal.
class Progress final {
 public:
  Progress();
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // The parts as for StrCat.
  template <typename... Parts>
  void Show(const Parts&... parts) const {
    if (shown_) Write(StrCat(parts...));
  }
  void Clear() const;

 private:
  static void Write(const std::string& text);
  const bool shown_;
};

// Prints "bongsu: <message>" to standard error; 1.
int Fail(const Status& status);

}  // namespace bongsu
