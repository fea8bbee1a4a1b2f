#include "storage/incident_totals.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace leaktap {
namespace {

// One key of one sighting. `order` is the sighting's place among all; ordinals instead of
// fingerprints keep it at 24 bytes, since a run may have millions.
struct Claim {
  std::uint64_t key;
  std::uint32_t credential;
  std::uint32_t order;
  bool attempt;

  // What wins first: of one key and credential the finding before the attempt, then by place.
  [[nodiscard]] auto rank() const { return std::tie(key, credential, attempt, order); }
};

struct Place {
  CaptureCount* capture;
  Sighting* sighting;
};

std::vector<Claim> claims_of(std::map<std::uint32_t, CaptureCount>& captures,
                             std::vector<Place>& places) {
  std::vector<Claim> claims;
  std::map<Fingerprint, std::uint32_t> ordinals;
  for (auto& [index, capture] : captures) {
    for (Sighting& sighting : capture.sightings) {
      const auto order = static_cast<std::uint32_t>(places.size());
      places.push_back({&capture, &sighting});
      const auto next = static_cast<std::uint32_t>(ordinals.size());
      const std::uint32_t credential =
          ordinals.try_emplace(sighting.credential.fingerprint, next).first->second;
      for (const std::uint64_t key : sighting.finding_keys) {
        claims.push_back({key, credential, order, false});
      }
      for (const std::uint64_t key : sighting.attempt_keys) {
        claims.push_back({key, credential, order, true});
      }
    }
  }
  return claims;
}

auto credential_rank(const CredentialSummary& credential) {
  return std::tuple(credential.sensitivity, credential.provider.empty(), credential.provider,
                    std::string_view{credential.preview});
}

void list_credentials(Incident& incident, const IncidentLimits& limits) {
  std::map<Fingerprint, CredentialUse> uses;
  for (const auto& [index, capture] : incident.by_capture) {
    for (const Sighting& sighting : capture.sightings) {
      if (!sighting.has_credential()) continue;
      const auto [place, added] = uses.try_emplace(sighting.credential.fingerprint);
      CredentialUse& use = place->second;
      if (added) {
        use = {sighting.credential, sighting.state, 0, sighting.first_seen, sighting.last_seen};
      }
      describe(use.credential, sighting.credential);
      use.state = merged(use.state, sighting.state);
      use.count += sighting.count;
      use.first_seen = std::min(use.first_seen, sighting.first_seen);
      use.last_seen = std::max(use.last_seen, sighting.last_seen);
    }
  }
  incident.credentials_total = uses.size();
  incident.credentials.clear();
  incident.credentials.reserve(uses.size());
  for (auto& [fingerprint, use] : uses) incident.credentials.push_back(std::move(use));
  // The fingerprint decides last, since it differs between installations.
  std::stable_sort(incident.credentials.begin(), incident.credentials.end(),
                   [](const CredentialUse& a, const CredentialUse& b) {
                     return std::tie(a.first_seen, a.last_seen, b.count, a.credential.preview) <
                            std::tie(b.first_seen, b.last_seen, a.count, b.credential.preview);
                   });
  if (incident.credentials.size() > limits.credentials) {
    incident.credentials.resize(limits.credentials);
  }
}

void list_people(Incident& incident, const IncidentLimits& limits) {
  std::set<std::string_view> principals;
  incident.tenants.clear();
  for (const auto& [index, capture] : incident.by_capture) {
    for (const Sighting& sighting : capture.sightings) {
      if (!sighting.principal.empty()) principals.insert(sighting.principal);
      if (principals.size() > limits.principals) principals.erase(std::prev(principals.end()));
      if (sighting.tenants == TenantPair{}) continue;
      incident.tenants[sighting.tenants] += sighting.count;
      // The first by name stay, so that the order of sightings cannot be seen.
      if (incident.tenants.size() > limits.tenants) {
        incident.tenants.erase(std::prev(incident.tenants.end()));
      }
    }
  }
  incident.principals.assign(principals.begin(), principals.end());
}

}  // namespace

Outcome merged(Outcome a, Outcome b) {
  if (a == Outcome::Accepted || b == Outcome::Accepted) return Outcome::Accepted;
  return a == Outcome::Refused ? a : b;
}

void raise(Severity& severity, Confidence& confidence, Severity other_severity,
           Confidence other_confidence) {
  const bool is_attempt = confidence == Confidence::Attempt;
  const bool other_is_attempt = other_confidence == Confidence::Attempt;
  if (is_attempt != other_is_attempt) {
    if (other_is_attempt) return;
    severity = other_severity;
    confidence = other_confidence;
    return;
  }
  severity = std::max(severity, other_severity);
  confidence = std::max(confidence, other_confidence);
}

void describe(CredentialSummary& known, const CredentialSummary& other) {
  // Nearly always the same; told without a comparison in order.
  if (other.preview == known.preview && other.provider == known.provider &&
      other.sensitivity == known.sensitivity) {
    return;
  }
  if (credential_rank(other) < credential_rank(known)) known = other;
}

void count_distinct(std::map<std::uint32_t, CaptureCount>& captures) {
  std::vector<Place> places;
  std::vector<Claim> claims = claims_of(captures, places);
  for (const Place& place : places) place.sighting->count = 0;
  for (auto& [index, capture] : captures) capture.count = capture.attempts = 0;
  std::sort(claims.begin(), claims.end(),
            [](const Claim& a, const Claim& b) { return a.rank() < b.rank(); });
  for (std::size_t begin = 0; begin < claims.size();) {
    const Claim* owner = &claims[begin];
    std::size_t i = begin;
    for (; i < claims.size() && claims[i].key == claims[begin].key; ++i) {
      const Claim& claim = claims[i];
      if (i == begin || claim.credential != claims[i - 1].credential) {
        ++places[claim.order].sighting->count;
      }
      if (std::tie(claim.attempt, claim.order) < std::tie(owner->attempt, owner->order)) {
        owner = &claim;
      }
    }
    CaptureCount& capture = *places[owner->order].capture;
    ++(owner->attempt ? capture.attempts : capture.count);
    begin = i;
  }
}

void sum_up(CaptureCount& capture) {
  bool first = true;
  for (const Sighting& sighting : capture.sightings) {
    if (first) {
      capture.severity = sighting.severity;
      capture.confidence = sighting.confidence;
      capture.first_seen = sighting.first_seen;
      capture.last_seen = sighting.last_seen;
      first = false;
      continue;
    }
    raise(capture.severity, capture.confidence, sighting.severity, sighting.confidence);
    capture.first_seen = std::min(capture.first_seen, sighting.first_seen);
    capture.last_seen = std::max(capture.last_seen, sighting.last_seen);
  }
}

void derive_totals(Incident& incident, const IncidentLimits& limits) {
  incident.count = incident.attempts = 0;
  bool first = true;
  for (const auto& [index, capture] : incident.by_capture) {
    incident.count += capture.count;
    incident.attempts += capture.attempts;
    if (first) {
      incident.severity = capture.severity;
      incident.confidence = capture.confidence;
      incident.first_seen = capture.first_seen;
      incident.last_seen = capture.last_seen;
      first = false;
      continue;
    }
    raise(incident.severity, incident.confidence, capture.severity, capture.confidence);
    incident.first_seen = std::min(incident.first_seen, capture.first_seen);
    incident.last_seen = std::max(incident.last_seen, capture.last_seen);
  }
  list_credentials(incident, limits);
  list_people(incident, limits);
}

}  // namespace leaktap
