#include "ui-cli/messages.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "ui-cli/terminal.h"

namespace leaktap {
namespace {

void print_line(std::string_view message) {
  const Terminal terminal = terminal_of(STDERR_FILENO, ColorChoice::Never);
  // The progress line, if there is one, gives way.
  std::string line = terminal.is_terminal ? "\r\x1b[K" : "";
  line += "leaktap: " + printable(message, terminal.charset) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void print_error(std::string_view message) { print_line(message); }
void print_note(std::string_view message) { print_line(message); }

}  // namespace leaktap
