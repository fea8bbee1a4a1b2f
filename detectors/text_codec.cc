#include "detectors/text_codec.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace leaktap {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::uint8_t kNone = 0xff;

std::uint8_t byte_of(char c) { return static_cast<std::uint8_t>(c); }

constexpr std::array<std::uint8_t, 256> make_hex_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < 16; ++i) {
    values[static_cast<std::uint8_t>(kLowerHex[i])] = static_cast<std::uint8_t>(i);
    values[static_cast<std::uint8_t>(kUpperHex[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

// The digits of both alphabets: '-' and '_' mean what '+' and '/' mean (RFC 4648 §5).
constexpr std::array<std::uint8_t, 256> make_base64_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
    values[static_cast<std::uint8_t>(kBase64Digits[i])] = static_cast<std::uint8_t>(i);
  }
  values['-'] = 62;
  values['_'] = 63;
  return values;
}

constexpr std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> set{};
  for (const char c : kBase64Digits) set[static_cast<std::uint8_t>(c)] = true;
  set['+'] = set['/'] = false;
  set['-'] = set['.'] = set['_'] = set['~'] = true;
  return set;
}

constexpr std::array<char, 256> make_lower() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 256; ++i) {
    const bool upper = i >= 'A' && i <= 'Z';
    table[i] = static_cast<char>(upper ? i + ('a' - 'A') : i);
  }
  return table;
}

constexpr auto kHexValues = make_hex_values();
constexpr auto kBase64Values = make_base64_values();
constexpr auto kUnreserved = make_unreserved();
constexpr auto kLower = make_lower();

// The byte that an escape at `at` stands for, or -1 if there is no good escape.
int escaped_byte(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return -1;
  const std::uint8_t high = kHexValues[byte_of(text[at + 1])];
  const std::uint8_t low = kHexValues[byte_of(text[at + 2])];
  if (high == kNone || low == kNone) return -1;
  return high * 16 + low;
}

std::size_t first_encoded(std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && escaped_byte(text, i) >= 0) return i;
    if (text[i] == '+' && plus_is_space) return i;
  }
  return text.size();
}

// Without padding; nullopt where the padding is wrong.
std::optional<std::string_view> without_padding(std::string_view text) {
  std::size_t size = text.size();
  while (size > 0 && text[size - 1] == '=') --size;
  const std::size_t padding = text.size() - size;
  if (padding > 0 && (padding > 2 || text.size() % 4 != 0)) return std::nullopt;
  if (size % 4 == 1) return std::nullopt;
  return text.substr(0, size);
}

// Appends `text` with each byte for which `replacement` gives a text replaced by it.
template <typename Replacement>
std::string replaced(std::string_view text, Replacement replacement) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const std::string_view instead = replacement(c);
    if (instead.empty()) {
      out += c;
    } else {
      out += instead;
    }
  }
  return out;
}

}  // namespace

bool needs_percent_decode(std::string_view text, bool plus_is_space) {
  return first_encoded(text, plus_is_space) != text.size();
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::size_t i = first_encoded(text, plus_is_space);
  std::string out(text.substr(0, i));
  out.reserve(text.size());
  while (i < text.size()) {
    const char c = text[i];
    if (c == '%') {
      const int byte = escaped_byte(text, i);
      if (byte >= 0) {
        out += static_cast<char>(byte);
        i += 3;
        continue;
      }
    }
    out += c == '+' && plus_is_space ? ' ' : c;
    ++i;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    const std::uint8_t byte = byte_of(c);
    if (kUnreserved[byte]) {
      out += c;
      continue;
    }
    out += '%';
    out += kUpperHex[byte >> 4U];
    out += kUpperHex[byte & 15U];
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  const auto digits = without_padding(text);
  if (!digits) return std::nullopt;
  std::string out;
  out.reserve(digits->size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  bool standard = false;
  bool url_safe = false;
  for (const char c : *digits) {
    const std::uint8_t value = kBase64Values[byte_of(c)];
    if (value == kNone) return std::nullopt;
    standard |= c == '+' || c == '/';
    url_safe |= c == '-' || c == '_';
    bits = bits << 6U | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xffU);
    }
  }
  // A text that draws on both alphabets is in neither.
  if (standard && url_safe) return std::nullopt;
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t three = static_cast<std::uint32_t>(
        byte_of(bytes[i]) << 16U | byte_of(bytes[i + 1]) << 8U | byte_of(bytes[i + 2]));
    out += kBase64Digits[three >> 18U];
    out += kBase64Digits[three >> 12U & 63U];
    out += kBase64Digits[three >> 6U & 63U];
    out += kBase64Digits[three & 63U];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return out;
  std::uint32_t last = static_cast<std::uint32_t>(byte_of(bytes[i]) << 16U);
  if (rest == 2) last |= static_cast<std::uint32_t>(byte_of(bytes[i + 1]) << 8U);
  out += kBase64Digits[last >> 18U];
  out += kBase64Digits[last >> 12U & 63U];
  out += rest == 2 ? kBase64Digits[last >> 6U & 63U] : '=';
  out += '=';
  return out;
}

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kLowerHex[byte_of(c) >> 4U];
    out += kLowerHex[byte_of(c) & 15U];
  }
  return out;
}

std::string json_escape(std::string_view text) {
  // The control characters without a short form: \u00XX, filled in place.
  std::string unicode = "\\u0000";
  return replaced(text, [&unicode](char c) -> std::string_view {
    switch (c) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      default:
        break;
    }
    if (byte_of(c) >= 0x20) return {};
    unicode[4] = kLowerHex[byte_of(c) >> 4U];
    unicode[5] = kLowerHex[byte_of(c) & 15U];
    return unicode;
  });
}

std::string html_escape(std::string_view text) {
  return replaced(text, [](char c) -> std::string_view {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = kLower[byte_of(c)];
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (kLower[byte_of(a[i])] != kLower[byte_of(b[i])]) return false;
  }
  return true;
}

}  // namespace leaktap
