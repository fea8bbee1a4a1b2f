#include "ui-cli/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace leaktap {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;  // bytes
  bool valid = false;
};

// The code point at the front of `text`, which is not empty (RFC 3629: no surrogates, no overlong
// forms).
CodePoint front_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {lead, 1, false};
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {lead, 1, false};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return {lead, 1, false};
  }
  return {value, size, true};
}

struct Interval {
  char32_t first, last;
};

template <std::size_t N>
bool within(const Interval (&table)[N], char32_t value) {
  return std::any_of(std::begin(table), std::end(table),
                     [&](const Interval& i) { return value >= i.first && value <= i.last; });
}

// Characters that cannot be seen or that change how others are shown.
constexpr Interval kUnsafe[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},        {0xad, 0xad},     {0x61c, 0x61c},   {0x115f, 0x1160},
    {0x180e, 0x180e}, {0x200b, 0x200f},    {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xe000, 0xf8ff}, {0xfe00, 0xfe0f},    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
    {0xfffe, 0xffff}, {0xe0000, 0x10ffff},
};
// Combining marks take no column; East Asian wide characters (UAX #11) and emoji take two. Roughly:
// a wrong guess costs an alignment, no more.
constexpr Interval kCombining[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};
constexpr Interval kWide[] = {
    {0x1100, 0x115e},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

struct StandIn {
  char32_t value;
  std::string_view plain;
};
constexpr StandIn kStandIns[] = {
    {U'…', "..."}, {U'‹', "<"}, {U'›', ">"}, {U'→', "->"},    {U'–', "-"},
    {U'—', "-"},   {U'·', "."}, {U'×', "x"}, {U'§', "sec. "}, {U'’', "'"},
};

std::string escape_of(char32_t value) {
  const auto number = static_cast<unsigned>(value);
  return value < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{{{:x}}}", number);
}

void append(std::string& out, std::string_view bytes, const CodePoint& point, Charset charset) {
  if (!point.valid) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(point.value));
  } else if (within(kUnsafe, point.value)) {
    out += escape_of(point.value);
  } else if (charset == Charset::Utf8 || point.value < 0x80) {
    out += bytes;
  } else {
    const auto* const stand_in =
        std::find_if(std::begin(kStandIns), std::end(kStandIns),
                     [&](const StandIn& row) { return row.value == point.value; });
    if (stand_in != std::end(kStandIns)) {
      out += stand_in->plain;
    } else {
      out += escape_of(point.value);
    }
  }
}

std::size_t columns_of(const CodePoint& point) {
  if (!point.valid || point.value < 0x300) return 1;
  if (within(kCombining, point.value)) return 0;
  return within(kWide, point.value) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text, Charset charset) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = front_of(text);
    append(out, text.substr(0, point.size), point, charset);
    text.remove_prefix(point.size);
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const CodePoint point = front_of(text);
    columns += columns_of(point);
    text.remove_prefix(point.size);
  }
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns, Charset charset) {
  if (columns_of(text) <= columns) return std::string(text);
  const std::string_view ellipsis = charset == Charset::Utf8 ? "…" : "...";
  const std::size_t room = columns - std::min(columns, columns_of(ellipsis));
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const CodePoint point = front_of(text);
    used += columns_of(point);
    if (used > room) break;
    out += text.substr(0, point.size);
    text.remove_prefix(point.size);
  }
  out += ellipsis;
  return out;
}

}  // namespace leaktap
