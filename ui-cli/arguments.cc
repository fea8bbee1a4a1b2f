#include "ui-cli/arguments.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "ui-cli/suggestion.h"

namespace leaktap {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Unit kUnits[] = {
    {"", 1},
    {"B", 1},
    {"K", 1ULL << 10},
    {"M", 1ULL << 20},
    {"G", 1ULL << 30},
    {"T", 1ULL << 40},
    {"KIB", 1ULL << 10},
    {"MIB", 1ULL << 20},
    {"GIB", 1ULL << 30},
    {"TIB", 1ULL << 40},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto best = nearest(word, candidates);
  return best ? fmt::format("; did you mean `{}`?", *best) : std::string();
}

// Cuts an offset such as "+02:00" from the end of `text`. nullopt: there is none.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.size() < 6) return std::nullopt;
  const std::string_view end = text.substr(text.size() - 6);
  if ((end[0] != '+' && end[0] != '-') || end[3] != ':') return std::nullopt;
  int hours = 0;
  int minutes = 0;
  const auto read = [&](std::size_t at, int& into) {
    const char* const begin = end.data() + at;
    return std::from_chars(begin, begin + 2, into).ptr == begin + 2;
  };
  if (!read(1, hours) || !read(4, minutes) || hours > 23 || minutes > 59) return std::nullopt;
  text.remove_suffix(6);
  const std::chrono::minutes offset{hours * 60 + minutes};
  return end[0] == '-' ? -offset : offset;
}

}  // namespace

Result<std::size_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const auto wrong = [&] {
    return fail(fmt::format("`{}` is no size; write for example 512M or 1GiB", text));
  };
  if (error != std::errc()) return wrong();
  const std::string name = upper(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::size_t>::max() / unit.bytes) return wrong();
    return static_cast<std::size_t>(number * unit.bytes);
  }
  return wrong();
}

Result<Timestamp> parse_time(std::string_view text) {
  constexpr std::size_t kDate = std::string_view("2026-01-01").size();
  constexpr std::size_t kMinute = std::string_view("2026-01-01T10:00").size();
  std::string_view rest = text;
  std::chrono::minutes offset{0};
  if (rest.size() > kDate) {
    if (rest.back() == 'Z' || rest.back() == 'z') {
      rest.remove_suffix(1);
    } else {
      offset = take_offset(rest).value_or(offset);
    }
  }
  std::string whole(rest);
  if (whole.size() == kDate) whole += "T00:00:00";
  if (whole.size() == kMinute) whole += ":00";
  if (whole.size() > kDate && (whole[kDate] == ' ' || whole[kDate] == 't')) whole[kDate] = 'T';
  const auto when = from_rfc3339(whole + "Z");
  if (!when) {
    return fail(fmt::format("`{}` is no time; write for example 2026-01-31T10:00:00Z", text));
  }
  return *when - offset;
}

Result<Severity> parse_severity(std::string_view text) {
  if (const auto severity = severity_named(text)) return *severity;
  constexpr std::array<std::string_view, 5> kNames = {"critical", "high", "medium", "low", "info"};
  return fail(fmt::format("`{}` is no severity (critical, high, medium, low, info){}", text,
                          did_you_mean(text, kNames)));
}

Result<FailOn> parse_fail_on(std::string_view text) {
  const std::size_t colon = text.find(':');
  const Result<Severity> severity = parse_severity(text.substr(0, colon));
  if (!severity) return tl::unexpected(severity.error());
  FailOn fail_on;
  fail_on.severity = *severity;
  if (colon == std::string_view::npos) return fail_on;
  const std::string_view name = text.substr(colon + 1);
  const auto confidence = confidence_named(name);
  if (!confidence) {
    constexpr std::array<std::string_view, 4> kNames = {"proof", "strong", "suspicion", "attempt"};
    return fail(fmt::format("`{}` is no confidence (proof, strong, suspicion, attempt){}", name,
                            did_you_mean(name, kNames)));
  }
  fail_on.confidence = *confidence;
  return fail_on;
}

Result<DetectorId> parse_detector(std::string_view text) {
  if (const auto id = detector_named(text)) return *id;
  std::vector<std::string_view> names;
  for (const DetectorInfo& info : catalogue()) names.push_back(info.name);
  return fail(fmt::format("there is no detector `{}`{}", text, did_you_mean(text, names)));
}

}  // namespace leaktap
