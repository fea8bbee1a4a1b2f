#include "ui-cli/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>

namespace leaktap {
namespace {

// Asks for the character set of the user's locale without changing the process's own.
Charset charset_of_locale() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return Charset::Ascii;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8 ? Charset::Utf8 : Charset::Ascii;
}

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool wants_color(bool is_terminal, ColorChoice choice) {
  if (choice != ColorChoice::Auto) return choice == ColorChoice::Always;
  if (!is_terminal || is_set("NO_COLOR")) return false;
  const char* const term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) != "dumb";
}

std::size_t width_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

Terminal terminal_of(int descriptor, ColorChoice choice) {
  Terminal terminal;
  terminal.is_terminal = isatty(descriptor) == 1;
  terminal.color = wants_color(terminal.is_terminal, choice);
  terminal.charset = charset_of_locale();
  if (terminal.is_terminal) terminal.width = width_of(descriptor);
  return terminal;
}

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::Critical:
      return Ink::BoldRed;
    case Severity::High:
      return Ink::Red;
    case Severity::Medium:
      return Ink::Yellow;
    case Severity::Low:
      return Ink::Cyan;
    case Severity::Info:
      break;
  }
  return Ink::Dim;
}

std::string inked(std::string_view text, Ink ink, const Terminal& terminal) {
  constexpr std::string_view kCodes[] = {"", "1", "2", "31", "1;31", "33", "36", "32"};
  const std::string_view code = kCodes[static_cast<std::size_t>(ink)];
  if (!terminal.color || code.empty()) return std::string(text);
  std::string out = "\x1b[";
  out.append(code).append("m").append(text).append("\x1b[0m");
  return out;
}

}  // namespace leaktap
