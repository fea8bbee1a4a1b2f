// A finding is looked up twice: its incident in one table for the fold, its sighting (capture,
// credential, principal, tenants) in a table of that incident. Both ask by a hash of the finding's
// own views and compare in full, so that nothing is allocated for what is known.
#include "storage/incident_fold.h"

#include <sys/random.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/evidence_list.h"
#include "storage/hash_index.h"
#include "storage/incident_totals.h"
#include "storage/sighting_table.h"

namespace leaktap {
namespace {

// Paths and names come from strangers, who shall not choose which of them collide. The outcome does
// not depend on it.
std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) {
    seed = 0x2545f4914f6cdd1dU;
  }
  return seed;
}

// An incident's key, borrowed from a finding or from an incident.
struct KeyView {
  DetectorId detector;
  CredentialKind kind;
  std::string_view service, method, route, location;

  bool operator==(const KeyView&) const = default;
};

KeyView view_of(const Finding& finding) {
  return {finding.detector, finding.credential.kind, finding.service,
          finding.method,   finding.route,           finding.location};
}

KeyView view_of(const IncidentKey& key) {
  return {key.detector, key.kind, key.service, key.method, key.route, key.location};
}

std::uint64_t hash_of(std::uint64_t seed, const KeyView& view) {
  std::uint64_t hash = seed ^ (static_cast<std::uint64_t>(view.detector) << 8) ^
                       static_cast<std::uint64_t>(view.kind);
  for (const std::string_view text : {view.service, view.method, view.route, view.location}) {
    hash = hash_text(hash, text);
  }
  return hash;
}

}  // namespace

struct IncidentFold::Impl {
  struct Entry {
    IncidentKey key;
    std::string host;
    EvidenceList evidence;
    SightingTable sightings;
  };

  IncidentLimits limits;
  std::uint64_t seed = random_seed();
  HashIndex index;
  std::vector<Entry> entries;
  std::uint64_t dropped = 0;

  // Null where one more would be too many.
  Entry* entry(const KeyView& view, std::string_view host) {
    const std::uint64_t hash = hash_of(seed, view);
    const std::uint32_t place = index.find(
        hash, [&](std::uint32_t candidate) { return view == view_of(entries[candidate].key); });
    if (place == HashIndex::kNone) return new_entry(hash, view, host);
    Entry& known = entries[place];
    // An empty name is none.
    if (!host.empty() && (known.host.empty() || host < known.host)) known.host = host;
    return &known;
  }

  Entry* new_entry(std::uint64_t hash, const KeyView& view, std::string_view host) {
    if (entries.size() >= limits.incidents) return nullptr;
    index.insert(hash, static_cast<std::uint32_t>(entries.size()));
    IncidentKey key{view.detector,           std::string{view.service},  std::string{view.method},
                    std::string{view.route}, std::string{view.location}, view.kind};
    return &entries.emplace_back(Entry{
        std::move(key), std::string{host}, {}, SightingTable{seed, limits.credentials_counted}});
  }
};

IncidentFold::IncidentFold(const IncidentLimits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
}
IncidentFold::~IncidentFold() = default;
IncidentFold::IncidentFold(IncidentFold&&) noexcept = default;
IncidentFold& IncidentFold::operator=(IncidentFold&&) noexcept = default;

void IncidentFold::add(const Finding& finding) {
  Impl::Entry* entry = impl_->entry(view_of(finding), finding.host);
  if (entry == nullptr) {
    ++impl_->dropped;
    return;
  }
  entry->sightings.add(finding);
  const EvidenceOrigin origin{finding.confidence, finding.time, finding.key, finding.capture};
  if (entry->evidence.wants(origin, impl_->limits.evidence)) {
    entry->evidence.add(origin, finding.evidence->evidence(), impl_->limits.evidence);
  }
}

void IncidentFold::merge(IncidentFold&& other) {
  for (Impl::Entry& from : other.impl_->entries) {
    Impl::Entry* into = impl_->entry(view_of(from.key), from.host);
    if (into == nullptr) {
      impl_->dropped += from.sightings.keys();
      continue;
    }
    into->evidence.merge(std::move(from.evidence), impl_->limits.evidence);
    into->sightings.merge(std::move(from.sightings));
  }
  impl_->dropped += std::exchange(other.impl_->dropped, 0);
  other.impl_->entries.clear();
  other.impl_->index.clear();
}

std::vector<Incident> IncidentFold::take() {
  std::vector<Impl::Entry> entries = std::exchange(impl_->entries, {});
  impl_->index.clear();
  std::sort(entries.begin(), entries.end(),
            [](const Impl::Entry& a, const Impl::Entry& b) { return a.key < b.key; });
  std::vector<Incident> incidents;
  incidents.reserve(entries.size());
  for (Impl::Entry& entry : entries) {
    Incident& incident = incidents.emplace_back();
    incident.id = id_of(entry.key);
    incident.key = std::move(entry.key);
    incident.host = std::move(entry.host);
    entry.evidence.move_to(incident);
    incident.by_capture = entry.sightings.take();
    count_distinct(incident.by_capture);
    derive_totals(incident, impl_->limits);
  }
  return incidents;
}

std::size_t IncidentFold::size() const { return impl_->entries.size(); }
std::uint64_t IncidentFold::dropped() const { return impl_->dropped; }

}  // namespace leaktap
