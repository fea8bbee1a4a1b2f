#include "ui-cli/arguments.h"

#include <catch2/catch.hpp>
#include <string>

namespace leaktap {
namespace {

std::string size_of(const std::string& text) {
  const Result<std::size_t> size = parse_size(text);
  return size ? std::to_string(*size) : "no size";
}

std::string time_of(const std::string& text) {
  const Result<Timestamp> time = parse_time(text);
  return time ? to_rfc3339(*time) : "no time";
}

std::string fail_on(const std::string& text) {
  const Result<FailOn> value = parse_fail_on(text);
  if (!value) return value.error().message;
  return std::string(name_of(value->severity)) + ":" + std::string(name_of(value->confidence));
}

}  // namespace

TEST_CASE("A size is a number with a unit") {
  auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"0", "0"},
      {"65536", "65536"},
      {"1GiB", "1073741824"},
      {"512M", "536870912"},
      {"512m", "536870912"},
      {"2KB", "2000"},
      {"3kib", "3072"},
      {"", "no size"},
      {"-1", "no size"},
      {"M", "no size"},
      {"1.5G", "no size"},
      {"1 G", "no size"},
      {"1GB ", "no size"},
      {"99999999999999999999", "no size"},
      {"99999999999999T", "no size"},
  }));
  INFO(text);
  CHECK(size_of(text) == expected);
}

TEST_CASE("A time is RFC 3339, UTC unless it says otherwise, and may be cut short") {
  auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"2026-01-31", "2026-01-31T00:00:00.000000Z"},
      {"2026-01-31T10:20", "2026-01-31T10:20:00.000000Z"},
      {"2026-01-31 10:20", "2026-01-31T10:20:00.000000Z"},
      {"2026-01-31T10:20Z", "2026-01-31T10:20:00.000000Z"},
      {"2026-01-31T10:20:30.25", "2026-01-31T10:20:30.250000Z"},
      {"2026-01-31T10:20:30Z", "2026-01-31T10:20:30.000000Z"},
      {"2026-01-31T10:20:30+02:00", "2026-01-31T08:20:30.000000Z"},
      {"2026-01-31T10:20-05:30", "2026-01-31T15:50:00.000000Z"},
      {"", "no time"},
      {"yesterday", "no time"},
      {"2026-13-01", "no time"},
      {"2026-01-31T25:00", "no time"},
      {"2026-01-31T10:20:30+99:00", "no time"},
      {"2026-01-31T10:20:30ZZ", "no time"},
  }));
  INFO(text);
  CHECK(time_of(text) == expected);
}

TEST_CASE("--fail-on names a severity and, if it likes, a confidence") {
  auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"high", "high:strong"},
      {"low", "low:strong"},
      {"critical:proof", "critical:proof"},
      {"info:attempt", "info:attempt"},
      {"hihg", "`hihg` is no severity (critical, high, medium, low, info); did you mean `high`?"},
      {"high:prof",
       "`prof` is no confidence (proof, strong, suspicion, attempt); did you mean `proof`?"},
      {"high:", "`` is no confidence (proof, strong, suspicion, attempt)"},
      {"", "`` is no severity (critical, high, medium, low, info)"},
  }));
  INFO(text);
  CHECK(fail_on(text) == expected);
}

TEST_CASE("A detector is known by its name") {
  CHECK(parse_detector("cross-tenant-access") == DetectorId::CrossTenantAccess);
  CHECK(parse_detector("credential-in-ulr").error().message ==
        "there is no detector `credential-in-ulr`; did you mean `credential-in-url`?");
}

}  // namespace leaktap
