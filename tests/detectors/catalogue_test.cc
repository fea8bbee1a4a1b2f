#include "detectors/catalogue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

namespace leaktap {
namespace {

TEST_CASE("The catalogue has one complete row a detector, in the order of the ids") {
  REQUIRE(catalogue().size() == static_cast<std::size_t>(DetectorId::kCount));
  for (std::size_t i = 0; i < catalogue().size(); ++i) {
    const DetectorInfo& info = catalogue()[i];
    INFO(info.name);
    CHECK(info.id == static_cast<DetectorId>(i));
    CHECK(&info_of(info.id) == &info);
    CHECK(detector_named(info.name) == info.id);
    CHECK_FALSE(info.title.empty());
    CHECK_FALSE(info.cwe.empty());
    CHECK(info.owasp.starts_with("API"));
    CHECK(info.owasp.ends_with(":2023"));
    CHECK_FALSE(info.references.empty());
    const auto full_stops = [](std::string_view text) {
      std::size_t count = 0;
      for (std::size_t at = text.find(". "); at != std::string_view::npos;
           at = text.find(". ", at + 1)) {
        ++count;
      }
      return count + (text.ends_with('.') ? 1 : 0);
    };
    CHECK(full_stops(info.remediation) == 2);
  }
}

TEST_CASE("Names and values of severity and confidence belong together") {
  for (const auto* const name : {"info", "low", "medium", "high", "critical"}) {
    const auto severity = severity_named(name);
    REQUIRE(severity.has_value());
    CHECK(name_of(*severity) == name);
  }
  for (const auto* const name : {"attempt", "suspicion", "strong", "proof"}) {
    const auto confidence = confidence_named(name);
    REQUIRE(confidence.has_value());
    CHECK(name_of(*confidence) == name);
  }
  CHECK_FALSE(severity_named("High").has_value());
  CHECK_FALSE(confidence_named("").has_value());
  CHECK_FALSE(detector_named("no-such-detector").has_value());
}

TEST_CASE("Weak confidence caps severity") {
  CHECK(capped(Severity::Critical, Confidence::Proof) == Severity::Critical);
  CHECK(capped(Severity::High, Confidence::Strong) == Severity::High);
  CHECK(capped(Severity::Critical, Confidence::Suspicion) == Severity::Medium);
  CHECK(capped(Severity::Low, Confidence::Suspicion) == Severity::Low);
  CHECK(capped(Severity::High, Confidence::Attempt) == Severity::Low);
  CHECK(capped(Severity::Info, Confidence::Attempt) == Severity::Info);
}

}  // namespace
}  // namespace leaktap
