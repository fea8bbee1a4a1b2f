#include "capture/timestamp.h"

#include <charconv>
#include <cstdio>

namespace leaktap {

std::string to_rfc3339(Timestamp when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::microseconds>(when - day)};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

namespace {

// Takes `digits` decimal digits and, after them, `separator` (none if 0).
std::optional<int> take_field(std::string_view& text, std::size_t digits, char separator) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  if (separator == 0) return value;
  if (text.empty() || text.front() != separator) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

std::optional<Timestamp> from_rfc3339(std::string_view text) {
  const auto year = take_field(text, 4, '-');
  const auto month = take_field(text, 2, '-');
  const auto day = take_field(text, 2, 'T');
  const auto hour = take_field(text, 2, ':');
  const auto minute = take_field(text, 2, ':');
  const auto second = take_field(text, 2, 0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  Nanoseconds fraction{0};
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    std::int64_t unit = 100'000'000;
    std::size_t digits = 0;
    while (digits < 9 && digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      fraction += Nanoseconds{(text[digits] - '0') * unit};
      unit /= 10;
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
  }
  if (text != "Z") return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second} + fraction;
}

}  // namespace leaktap
