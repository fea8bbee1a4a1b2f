// One exposure, however often found: the fifth of the five central types.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "detectors/finding.h"

namespace leaktap {

// What makes two findings the same incident: nothing learned, no time, no fingerprint.
struct IncidentKey {
  DetectorId detector{};
  std::string service, method, route, location;
  CredentialKind kind = CredentialKind::ApiKey;

  auto operator<=>(const IncidentKey&) const = default;
};
// First 16 hex digits of SHA-256 over the fields in that order, joined by 0x00; detector and kind by name.
std::string id_of(const IncidentKey& key);

struct CredentialUse {
  CredentialSummary credential;
  Outcome state = Outcome::Unknown;  // accepted once: accepted; else refused once: refused
  std::uint64_t count = 0;
  Timestamp first_seen, last_seen;
};

struct TenantPair {
  std::string home, accessed;

  auto operator<=>(const TenantPair&) const = default;
};

// What one capture contributes. Keys of findings, so that the same bytes in overlapping captures count once.
struct CaptureCount {
  std::vector<std::uint64_t> finding_keys;  // those above attempt
  std::vector<std::uint64_t> attempt_keys;
};

struct Incident {
  IncidentKey key;
  std::string id;
  std::string host;
  Severity severity = Severity::Info;
  Confidence confidence = Confidence::Attempt;
  std::vector<CredentialUse> credentials;  // by first_seen; at most IncidentLimits::credentials
  std::uint64_t credentials_total = 0;
  std::vector<std::string> principals;     // sorted, capped
  std::map<TenantPair, std::uint64_t> tenants;
  std::uint64_t count = 0;     // distinct findings above attempt
  std::uint64_t attempts = 0;  // distinct refused tries
  Timestamp first_seen, last_seen;
  std::vector<Evidence> evidence;  // the first by (confidence, time, frames); at most IncidentLimits::evidence
  std::map<std::uint32_t, CaptureCount> by_capture;
  std::string status = "open";  // open, acknowledged, resolved, suppressed, reopened

  // An incident of attempts only is a control that works.
  [[nodiscard]] bool is_control() const { return count == 0; }
};

struct IncidentLimits {
  std::size_t evidence = 10;
  std::size_t credentials = 1000;         // listed
  std::size_t credentials_counted = 100000;
  std::size_t principals = 100;
  std::size_t tenants = 1000;
  std::size_t incidents = 100000;         // distinct ones in a run
};

}  // namespace leaktap
