#include "storage/evidence_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace leaktap {

bool EvidenceList::wants(const EvidenceOrigin& origin, std::size_t limit) const {
  if (kept_.size() < limit) return true;
  if (kept_.empty()) return false;
  const EvidenceOrigin& last = kept_.back().origin;
  if (origin.confidence != last.confidence) return origin.confidence > last.confidence;
  // Equal in both, the frames decide, and these are not known before the evidence is made.
  return origin.time <= last.time;
}

bool EvidenceList::before(const Kept& a, const Kept& b) {
  // The texts come last, so that the order is total: two detectors' words for one key.
  return std::tie(b.origin.confidence, a.origin.time, a.evidence.request_frames,
                  a.evidence.response_frames, a.origin.key, a.evidence.request, a.evidence.why) <
         std::tie(a.origin.confidence, b.origin.time, b.evidence.request_frames,
                  b.evidence.response_frames, b.origin.key, b.evidence.request, b.evidence.why);
}

void EvidenceList::add(const EvidenceOrigin& origin, Evidence evidence, std::size_t limit) {
  Kept candidate{origin, std::move(evidence)};
  const auto same = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const Kept& kept) { return kept.origin.key == origin.key; });
  if (same != kept_.end()) {
    if (!before(candidate, *same)) return;
    kept_.erase(same);
  }
  kept_.insert(std::upper_bound(kept_.begin(), kept_.end(), candidate, before),
               std::move(candidate));
  if (kept_.size() > limit) kept_.pop_back();
}

void EvidenceList::merge(EvidenceList&& other, std::size_t limit) {
  for (Kept& kept : other.kept_) add(kept.origin, std::move(kept.evidence), limit);
  other.kept_.clear();
}

void EvidenceList::move_to(Incident& incident) {
  for (Kept& kept : kept_) {
    incident.evidence.push_back(std::move(kept.evidence));
    incident.evidence_origins.push_back(kept.origin);
  }
  kept_.clear();
}

}  // namespace leaktap
