// One exposure, however often found: the fifth of the five central types.
#pragma once

#include <compare>
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
// First 16 hex digits of SHA-256 over the fields in that order, joined by 0x00; detector and kind
// by name.
std::string id_of(const IncidentKey& key);

struct CredentialUse {
  CredentialSummary credential;
  Outcome state = Outcome::Unknown;  // accepted once: accepted; else refused once: refused
  std::uint64_t count = 0;           // distinct findings, refused tries included
  Timestamp first_seen, last_seen;
};

struct TenantPair {
  std::string home, accessed;

  auto operator<=>(const TenantPair&) const = default;
};

// The findings of one incident in one capture that agree in credential, principal and tenants: the
// smallest unit that is counted and stored. Everything else about an incident is derived from
// these.
struct Sighting {
  CredentialSummary credential;
  std::string principal;
  TenantPair tenants;
  Outcome state = Outcome::Unknown;
  Severity severity = Severity::Info;  // these two of the findings above attempt, if there are any
  Confidence confidence = Confidence::Attempt;
  Timestamp first_seen, last_seen;
  // Keys of findings, sorted, so that the same bytes in overlapping captures count once. Not there
  // in what is read back from a store.
  std::vector<std::uint64_t> finding_keys;  // those above attempt
  std::vector<std::uint64_t> attempt_keys;
  // Of these keys, those that no earlier sighting of the same credential has.
  std::uint64_t count = 0;

  // False where a finding speaks of no credential. A password has none of the fingerprint, but a
  // preview.
  [[nodiscard]] bool has_credential() const {
    return !credential.preview.empty() || credential.fingerprint != Fingerprint{};
  }
};

// What one capture contributes.
struct CaptureCount {
  std::uint64_t count = 0;     // distinct findings that no capture before it has
  std::uint64_t attempts = 0;  // the same of refused tries
  Severity severity = Severity::Info;
  Confidence confidence = Confidence::Attempt;
  Timestamp first_seen, last_seen;
  std::vector<Sighting> sightings;
};

// Which finding a piece of evidence speaks of.
struct EvidenceOrigin {
  Confidence confidence = Confidence::Attempt;
  Timestamp time;             // of the finding
  std::uint64_t key = 0;      // of the finding
  std::uint32_t capture = 0;  // that it is counted for
};

struct Incident {
  IncidentKey key;
  std::string id;
  std::string host;  // the first by name, where a service has several
  Severity severity = Severity::Info;
  Confidence confidence = Confidence::Attempt;
  std::vector<CredentialUse> credentials;  // by first_seen; at most IncidentLimits::credentials
  std::uint64_t credentials_total = 0;
  std::vector<std::string> principals;  // sorted, capped
  std::map<TenantPair, std::uint64_t> tenants;
  std::uint64_t count = 0;     // distinct findings above attempt
  std::uint64_t attempts = 0;  // distinct refused tries
  Timestamp first_seen, last_seen;
  // The first by (confidence, time, frames); at most IncidentLimits::evidence.
  std::vector<Evidence> evidence;
  std::vector<EvidenceOrigin> evidence_origins;  // one for each of `evidence`
  // By index in the run's list of captures; read back from a store, by captures.id.
  std::map<std::uint32_t, CaptureCount> by_capture;
  std::string status = "open";  // open, acknowledged, resolved, suppressed, reopened

  // An incident of attempts only is a control that works.
  [[nodiscard]] bool is_control() const { return count == 0; }
};

struct IncidentLimits {
  std::size_t evidence = 10;
  std::size_t credentials = 1000;            // listed
  std::size_t credentials_counted = 100000;  // sightings that differ by more than the capture
  std::size_t principals = 100;
  std::size_t tenants = 1000;
  std::size_t incidents = 100000;  // distinct ones in a run
};

}  // namespace leaktap
