#include "ui-cli/printable.h"

#include <catch2/catch.hpp>
#include <string>

namespace leaktap {

using namespace std::string_literals;

TEST_CASE("What could act on a terminal or hide in it is escaped") {
  auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"/v1/items/{id}", "/v1/items/{id}"},
      {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
      {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
      {"a\0b"s, "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u{9b}31m"},  // CSI as one character
      {"\xe2\x80\xae"
       "moc.elgoog",
       "\\u{202e}moc.elgoog"},                    // right to left
      {"pay\xe2\x80\x8bpal", "pay\\u{200b}pal"},  // zero width space
      {"caf\xc3\xa9", "caf\xc3\xa9"},
      {"\xc3(", "\\xc3("},                  // no UTF-8
      {"\xc0\xaf", "\\xc0\\xaf"},           // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xf0\x9f", "\\xf0\\x9f"},  // cut
      {"\xff", "\\xff"},
  }));
  CHECK(printable(text, Charset::Utf8) == expected);
}

TEST_CASE("Where only ASCII can be shown, leaktap's own marks have stand-ins") {
  CHECK(printable("ghp_…(40) ‹password› a → b", Charset::Ascii) == "ghp_...(40) <password> a -> b");
  CHECK(printable("café", Charset::Ascii) == "caf\\u{e9}");
  CHECK(printable("\x1b", Charset::Ascii) == "\\x1b");
}

TEST_CASE("Columns are counted as a screen shows them") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("café") == 4);
  CHECK(columns_of("日本") == 4);
  CHECK(columns_of("e\xcc\x81") == 1);
}

TEST_CASE("Text that is too wide ends in an ellipsis") {
  CHECK(shortened("abcdef", 6, Charset::Utf8) == "abcdef");
  CHECK(shortened("abcdef", 5, Charset::Utf8) == "abcd…");
  CHECK(shortened("abcdef", 5, Charset::Ascii) == "ab...");
  CHECK(shortened("日本語", 5, Charset::Utf8) == "日本…");
}

}  // namespace leaktap
