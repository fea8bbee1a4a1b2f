// The detectors that one exchange is enough for.
#pragma once

#include "detectors/detection_options.h"
#include "detectors/finding.h"
#include "detectors/inspection.h"
#include "detectors/principal.h"

namespace leaktap {

// What a detector is given beside the exchange.
struct DetectionContext {
  const DetectionOptions& options;
  FindingSink& findings;
  RevealSink* reveal;  // null unless a person asked to see values
  const PrincipalNames& principals;
};

// Runs every enabled detector over the inspection, in the order of the catalogue.
void detect_exposures(const Inspection& inspection, const DetectionContext& context);

// `impact` with the context of the credential (detections.md, "Severity"): a step up for a token of
// an administrator or without expiry, a step down for one that had expired when it was sent.
Severity severity_of(Severity impact, const CredentialSighting& sighting, Timestamp when);

}  // namespace leaktap
