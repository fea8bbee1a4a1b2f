#include "storage/sighting_table.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "storage/incident_totals.h"

namespace leaktap {
namespace {

// Sorts what came since the last time and merges it in, so that a key is sorted once only.
void make_unique(std::vector<std::uint64_t>& keys) {
  const auto sorted_end = std::is_sorted_until(keys.begin(), keys.end());
  std::sort(sorted_end, keys.end());
  std::inplace_merge(keys.begin(), sorted_end, keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

void add_key(std::vector<std::uint64_t>& keys, std::uint64_t key) {
  constexpr std::size_t kWorthSorting = 4096;
  if (!keys.empty() && keys.back() == key) return;
  if (keys.size() == keys.capacity() && keys.size() >= kWorthSorting) {
    make_unique(keys);
    // A vector that stays nearly full would be sorted again after a few keys.
    if (keys.size() > keys.capacity() / 4 * 3) keys.reserve(2 * keys.capacity());
  }
  keys.push_back(key);
}

SightingView view_of(const Finding& finding) {
  return {finding.capture,
          !finding.credential.preview.empty() || finding.credential.fingerprint != Fingerprint{},
          finding.credential.fingerprint,
          finding.principal,
          finding.home_tenant,
          finding.accessed_tenant};
}

SightingView view_of(std::uint32_t capture, const Sighting& sighting) {
  return {capture,
          sighting.has_credential(),
          sighting.credential.fingerprint,
          sighting.principal,
          sighting.tenants.home,
          sighting.tenants.accessed};
}

auto identity(const SightingView& view) {
  return std::tie(view.has_credential, view.fingerprint, view.principal, view.home_tenant,
                  view.accessed_tenant);
}

bool is_same(const SightingView& a, const SightingView& b) {
  return a.capture == b.capture && identity(a) == identity(b);
}

bool comes_before(const SightingView& a, const SightingView& b) {
  return identity(a) < identity(b);
}

// One key may have come twice, first with less known: the sighting that says more counts it.
bool says_more(const Sighting& a, const Sighting& b) {
  const auto rank = [](const Sighting& s) {
    return std::tuple(s.tenants.accessed.empty(), s.tenants.home.empty(), s.principal.empty());
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return comes_before(view_of(0, a), view_of(0, b));
}

}  // namespace

SightingTable::SightingTable(std::uint64_t hash_seed, std::size_t limit)
    : hash_seed_(hash_seed), limit_(limit), trim_at_(limit + limit / 4 + 1) {}

std::uint64_t SightingTable::hash_of(const SightingView& view) const {
  // A fingerprint is an HMAC: any eight bytes of it are a hash.
  std::uint64_t word = 0;
  std::memcpy(&word, view.fingerprint.bytes.data(), sizeof word);
  std::uint64_t hash = hash_word(hash_seed_ ^ view.capture, word);
  hash = hash_text(hash, view.principal);
  if (!view.home_tenant.empty() || !view.accessed_tenant.empty()) {
    hash = hash_text(hash_text(hash, view.home_tenant), view.accessed_tenant);
  }
  return hash;
}

SightingTable::Seen& SightingTable::seen(const SightingView& view,
                                         const CredentialSummary& credential, Timestamp time) {
  const std::uint64_t hash = hash_of(view);
  const std::uint32_t place = index_.find(hash, [&](std::uint32_t candidate) {
    return is_same(view, view_of(seen_[candidate].capture, seen_[candidate].sighting));
  });
  if (place != HashIndex::kNone) return seen_[place];
  if (last_kept_ && comes_before(view_of(0, *last_kept_), view)) {
    SightingView none;
    none.capture = view.capture;
    return seen(none, credential, time);
  }
  index_.insert(hash, static_cast<std::uint32_t>(seen_.size()));
  Seen& added = seen_.emplace_back();
  added.capture = view.capture;
  added.sighting.credential.kind = credential.kind;
  if (view.has_credential) added.sighting.credential = credential;
  added.sighting.principal = view.principal;
  added.sighting.tenants = {std::string{view.home_tenant}, std::string{view.accessed_tenant}};
  added.sighting.first_seen = added.sighting.last_seen = time;
  return added;
}

void SightingTable::add(const Finding& finding) {
  Sighting& sighting = seen(view_of(finding), finding.credential, finding.time).sighting;
  if (sighting.has_credential()) describe(sighting.credential, finding.credential);
  sighting.state = merged(sighting.state, finding.outcome);
  sighting.first_seen = std::min(sighting.first_seen, finding.time);
  sighting.last_seen = std::max(sighting.last_seen, finding.time);
  raise(sighting.severity, sighting.confidence, finding.severity, finding.confidence);
  const bool is_attempt = finding.confidence == Confidence::Attempt;
  add_key(is_attempt ? sighting.attempt_keys : sighting.finding_keys, finding.key);
  if (seen_.size() >= trim_at_) trim();
}

void SightingTable::add_all(Seen&& other) {
  Sighting& from = other.sighting;
  Sighting& into = seen(view_of(other.capture, from), from.credential, from.first_seen).sighting;
  if (into.has_credential()) describe(into.credential, from.credential);
  into.state = merged(into.state, from.state);
  into.first_seen = std::min(into.first_seen, from.first_seen);
  into.last_seen = std::max(into.last_seen, from.last_seen);
  raise(into.severity, into.confidence, from.severity, from.confidence);
  for (const auto keys : {&Sighting::finding_keys, &Sighting::attempt_keys}) {
    if ((into.*keys).empty()) {
      into.*keys = std::move(from.*keys);
    } else {
      for (const std::uint64_t key : from.*keys) add_key(into.*keys, key);
    }
  }
}

void SightingTable::merge(SightingTable&& other) {
  // What the other table no longer keeps apart cannot be kept apart here.
  if (other.last_kept_ &&
      (!last_kept_ || comes_before(view_of(0, *other.last_kept_), view_of(0, *last_kept_)))) {
    last_kept_ = std::move(other.last_kept_);
    trim_at_ = 0;
  }
  for (Seen& seen : other.seen_) add_all(std::move(seen));
  other.seen_.clear();
  other.index_.clear();
  if (seen_.size() >= trim_at_) trim();
}

void SightingTable::trim() {
  std::vector<const Sighting*> kinds;
  kinds.reserve(seen_.size());
  for (const Seen& seen : seen_) {
    if (identity(view_of(0, seen.sighting)) != identity(SightingView{})) {
      kinds.push_back(&seen.sighting);
    }
  }
  const auto less = [](const Sighting* a, const Sighting* b) {
    return comes_before(view_of(0, *a), view_of(0, *b));
  };
  std::sort(kinds.begin(), kinds.end(), less);
  kinds.erase(std::unique(kinds.begin(), kinds.end(),
                          [&](const Sighting* a, const Sighting* b) { return !less(a, b); }),
              kinds.end());
  if (kinds.size() > limit_) {
    Sighting last;
    last.credential = kinds[limit_ - 1]->credential;
    last.principal = kinds[limit_ - 1]->principal;
    last.tenants = kinds[limit_ - 1]->tenants;
    if (!last_kept_ || less(&last, &*last_kept_)) last_kept_ = std::move(last);
  }
  if (last_kept_) {
    std::vector<Seen> all;
    all.swap(seen_);
    index_.clear();
    for (Seen& seen : all) add_all(std::move(seen));
  }
  // Sightings of many captures may be more than the limit: look again when there are a quarter
  // more.
  trim_at_ = std::max(limit_, seen_.size());
  trim_at_ += trim_at_ / 4 + 1;
}

std::map<std::uint32_t, CaptureCount> SightingTable::take() {
  trim();
  std::map<std::uint32_t, CaptureCount> captures;
  for (Seen& seen : seen_) {
    make_unique(seen.sighting.finding_keys);
    make_unique(seen.sighting.attempt_keys);
    captures[seen.capture].sightings.push_back(std::move(seen.sighting));
  }
  for (auto& [index, capture] : captures) {
    std::sort(capture.sightings.begin(), capture.sightings.end(), says_more);
    sum_up(capture);
  }
  seen_.clear();
  index_.clear();
  last_kept_.reset();
  return captures;
}

std::uint64_t SightingTable::keys() const {
  std::uint64_t count = 0;
  for (const Seen& seen : seen_) {
    count += seen.sighting.finding_keys.size() + seen.sighting.attempt_keys.size();
  }
  return count;
}

}  // namespace leaktap
