#include "capture/timestamp.h"

#include <catch2/catch.hpp>

namespace leaktap {
namespace {

TEST_CASE("times are written in UTC with microseconds and read back") {
  auto [nanoseconds, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00.000000Z"},
      {1'767'225'600'000'001'000, "2026-01-01T00:00:00.000001Z"},
      {1'709'251'199'999'999'000, "2024-02-29T23:59:59.999999Z"},
      {4'611'686'018'427'387'000, "2116-02-20T23:53:38.427387Z"},  // the latest that a capture has
  }));
  CHECK(to_rfc3339(from_nanoseconds(nanoseconds)) == text);
  CHECK(from_rfc3339(text) == from_nanoseconds(nanoseconds));
}

TEST_CASE("from_rfc3339 takes up to nine digits of a second and nothing else") {
  CHECK(from_rfc3339("1970-01-01T00:00:01Z") == from_nanoseconds(1'000'000'000));
  CHECK(from_rfc3339("1970-01-01T00:00:00.000000007Z") == from_nanoseconds(7));
  const auto* wrong = GENERATE(
      "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z",
      "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.0000000000Z",
      "1970-01-01T00:00:00+01:00", "1970-01-01 00:00:00Z", "-970-01-01T00:00:00Z");
  INFO(wrong);
  CHECK_FALSE(from_rfc3339(wrong));
}

}  // namespace
}  // namespace leaktap
