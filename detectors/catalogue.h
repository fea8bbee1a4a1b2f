// The detectors there are: one row each, the source of ids, titles, references and remediation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace leaktap {

enum class Severity : std::uint8_t { Info, Low, Medium, High, Critical };
enum class Confidence : std::uint8_t { Attempt, Suspicion, Strong, Proof };

enum class DetectorId : std::uint8_t {
  CredentialInUrl,
  CredentialInReferer,
  CredentialInRedirect,
  CredentialOverCleartext,
  CredentialReflected,
  CrossTenantAccess,
  kCount
};

struct DetectorInfo {
  DetectorId id;
  std::string_view name;   // "credential-in-url"
  std::string_view title;  // one line for a table
  Severity impact;         // worst case
  std::span<const int> cwe;
  std::string_view owasp;        // "API2:2023"
  std::string_view remediation;  // two sentences
  std::span<const std::string_view> references;
};

std::span<const DetectorInfo> catalogue();  // indexed by DetectorId
const DetectorInfo& info_of(DetectorId id);
std::optional<DetectorId> detector_named(std::string_view name);

std::string_view name_of(Severity severity);      // "high"
std::string_view name_of(Confidence confidence);  // "proof"
std::optional<Severity> severity_named(std::string_view name);
std::optional<Confidence> confidence_named(std::string_view name);

// detections.md, "Severity": `suspicion` is at most medium, `attempt` at most low.
Severity capped(Severity severity, Confidence confidence);

}  // namespace leaktap
