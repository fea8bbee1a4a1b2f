// Encodings a value can wear on the wire. Pure functions, linear, no recursion.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leaktap {

// RFC 3986 §2.1; `plus_is_space` for application/x-www-form-urlencoded. Bad escapes stay as they
// are.
std::string percent_decode(std::string_view text, bool plus_is_space);
// True if percent_decode would change `text`.
bool needs_percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);  // everything but the unreserved characters
// RFC 4648 §4 and §5, padding optional, both alphabets accepted. nullopt if it is neither.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);  // §4 with padding
std::string hex_encode(std::string_view bytes);     // lower case
std::string json_escape(std::string_view text);     // RFC 8259 §7, only what must be escaped
std::string html_escape(std::string_view text);     // & < > " '
std::string to_lower(std::string_view text);        // ASCII only
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII only

}  // namespace leaktap
