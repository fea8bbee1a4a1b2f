// What the place where text goes can show: a terminal with colours, or a pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "detectors/catalogue.h"
#include "ui-cli/printable.h"

namespace leaktap {

enum class ColorChoice : std::uint8_t { Auto, Always, Never };

struct Terminal {
  bool is_terminal = false;
  bool color = false;
  Charset charset = Charset::Ascii;
  std::size_t width = 0;  // columns; 0: no limit
};

// Looks at the file descriptor, the locale, TERM and NO_COLOR (https://no-color.org).
Terminal terminal_of(int descriptor, ColorChoice choice);

enum class Ink : std::uint8_t { Plain, Bold, Dim, Red, BoldRed, Yellow, Cyan, Green };
Ink ink_of(Severity severity);
// `text` in that ink, or as it is where there are no colours.
std::string inked(std::string_view text, Ink ink, const Terminal& terminal);

}  // namespace leaktap
