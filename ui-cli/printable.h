// Text from the wire, made safe for a person's screen.
//
// Hosts, routes and parameter names are written by strangers. Shown raw, an escape sequence in them
// could rewrite the table that reports them, and a direction mark could turn a host name round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leaktap {

enum class Charset : std::uint8_t { Utf8, Ascii };

// Control characters, invisible and direction marks and bytes that are no UTF-8 are written as
// escapes: \x1b, \u{202e}, \xff. With Charset::Ascii every other character outside ASCII is, too;
// the dots, quotes and arrows that leaktap itself writes get a plain stand-in.
std::string printable(std::string_view text, Charset charset);

// Columns that `text`, made by printable(), takes on a screen.
std::size_t columns_of(std::string_view text);

// `text`, made by printable(), cut to at most `columns` with an ellipsis in place of what is
// missing.
std::string shortened(std::string_view text, std::size_t columns, Charset charset);

}  // namespace leaktap
