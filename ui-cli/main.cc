// leaktap's entry point: a command line in, an exit code out.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <variant>
#include <vector>

#include "ui-cli/commands.h"
#include "ui-cli/messages.h"

namespace leaktap {
namespace {

// Credentials pass through this process: no memory of it is left behind on a disk, and no other
// process of the same user may look into it.
void keep_memory_private() {
  constexpr rlimit kNone = {0, 0};
  setrlimit(RLIMIT_CORE, &kNone);
#if !defined(__SANITIZE_ADDRESS__)  // the leak check looks into it
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

ExitCode run_command_line(const std::vector<std::string>& arguments) {
  const Result<Command> command = parse_command_line(arguments);
  if (!command) {
    print_error(command.error().message);
    return ExitCode::Usage;
  }
  return std::visit([](const auto& chosen) { return run(chosen); }, *command);
}

}  // namespace
}  // namespace leaktap

int main(int argc, char** argv) {
  leaktap::keep_memory_private();
  std::signal(SIGPIPE, SIG_IGN);  // writes fail instead, and the writer ends quietly
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(leaktap::run_command_line(arguments));
}
