// A configuration file with the files it includes -> one tree, variables replaced. Stands between
// yaml.h and the field tables that check the tree. Runs at start and at reload, on the thread that
// asks.
//
//   include: [sources.yaml, features.yaml]      # relative to the file that includes
//   kafka: {properties: {sasl.password: "${file:/run/secrets/kafka}"}}
//
// Included files come first: lists at the top level (sources, features, …) are appended to, maps
// are merged, and where both set a value the including file wins.
//
// In scalars, after parsing: ${VAR}, ${VAR:-default}, ${file:/path} (one trailing newline is cut),
// and $$ for a dollar sign. What comes from the environment or a file is marked secret and never
// printed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/base/status.h"
#include "engine/core/config_node.h"

namespace bongsu {

// The value of a variable, or nullopt when there is none.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
Environment ProcessEnvironment();

// What is wrong is added to `problems`; then the result is kInvalid (kNotFound when `path` itself
// cannot be opened). `path` appears in marks as given.
Result<ConfigNode> LoadConfig(const std::string& path, const Environment& environment,
                              Problems* problems);

// The bytes of a file that a configuration names; kNotFound with the reason alone.
Result<std::string> ReadConfigFile(const std::string& path);

// Where a relative file name in a value with this mark starts: the directory of the file it stands
// in.
std::string BaseDirectory(const Mark& mark);

// `path`, or where it lies under `base_dir` when it is relative.
std::string ResolvePath(const std::string& base_dir, const std::string& path);

// The second step alone. `base_dir` is where relative ${file:…} paths start.
void SubstituteVariables(ConfigNode* node, const Environment& environment,
                         const std::string& base_dir, Problems* problems);

}  // namespace bongsu
