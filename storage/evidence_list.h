// The few pieces of evidence that an incident keeps, the same ones whatever the order of adding.
#pragma once

#include <cstddef>
#include <vector>

#include "storage/incident.h"

namespace leaktap {

// Keeps the first `limit` by (highest confidence, time, frames, key), one for each key.
class EvidenceList {
 public:
  // Whether evidence of this finding could be kept. Cheap, so that most evidence is never made.
  [[nodiscard]] bool wants(const EvidenceOrigin& origin, std::size_t limit) const;
  void add(const EvidenceOrigin& origin, Evidence evidence, std::size_t limit);
  void merge(EvidenceList&& other, std::size_t limit);
  void move_to(Incident& incident);

 private:
  struct Kept {
    EvidenceOrigin origin;
    Evidence evidence;
  };
  static bool before(const Kept& a, const Kept& b);

  std::vector<Kept> kept_;  // in order
};

}  // namespace leaktap
