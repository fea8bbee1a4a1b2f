// The evidence ladder: what one access to a foreign tenant proves, given what is remembered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/correlation/tenant_memory.h"

namespace leaktap {

struct Verdict {
  Confidence confidence = Confidence::Attempt;
  std::string location;  // of the selector
  std::string home, accessed;
  std::vector<std::string> why;
  bool is_presumed = false;  // the home is only the tenant that is asked for most so far
};

struct Judgement {
  std::optional<Verdict> verdict;
  // What later knowledge could still change: another tenant may be concerned, and proof is not
  // reached.
  bool is_open = false;
  std::string_view not_assessed;  // why nothing can be said; empty if it can
};

// A pure function of its arguments, so that an access can be judged as often as something new is
// known.
Judgement judge(const Observation& observation, const TenantMemory& memory);

// detections.md: critical for writes and personal data, else high; one step lower without proof.
Severity severity_of(const Observation& observation, Confidence confidence);

}  // namespace leaktap
