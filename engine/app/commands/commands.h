// The subcommands of the program. Each function adds one to `app`; when it is the one that the user
// chose, parsing sets `*action` to a closure that does the work and returns the exit code: 0 ok, 1
// failed, 2 usage. The only folder that uses CLI11.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace bongsu {

void RegisterRun(CLI::App& app, std::function<int()>* action);
void RegisterDemo(CLI::App& app, std::function<int()>* action);
void RegisterGenerate(CLI::App& app, std::function<int()>* action);
void RegisterReplay(CLI::App& app, std::function<int()>* action);
void RegisterEval(CLI::App& app, std::function<int()>* action);
void RegisterTail(CLI::App& app, std::function<int()>* action);
void RegisterLoadtest(CLI::App& app, std::function<int()>* action);
void RegisterReproduce(CLI::App& app, std::function<int()>* action);
void RegisterExplain(CLI::App& app, std::function<int()>* action);
void RegisterState(CLI::App& app, std::function<int()>* action);
void RegisterTopics(CLI::App& app, std::function<int()>* action);
void RegisterCheck(CLI::App& app, std::function<int()>* action);
void RegisterSchema(CLI::App& app, std::function<int()>* action);
void RegisterVersion(CLI::App& app, std::function<int()>* action);

}  // namespace bongsu
