// What is derived of an incident's sightings. A fold and a store derive it in the same way.
#pragma once

#include <cstdint>
#include <map>

#include "storage/incident.h"

namespace leaktap {

// Accepted once: accepted; else refused once: refused.
Outcome merged(Outcome a, Outcome b);

// Takes in the severity and confidence of one more finding: maxima, but an attempt says nothing
// where there is a finding above attempt.
void raise(Severity& severity, Confidence& confidence, Severity other_severity,
           Confidence other_confidence);

// Keeps the better description of one credential: by sensitivity, a known provider, then by name.
void describe(CredentialSummary& known, const CredentialSummary& other);

// Sets CaptureCount::count, attempts and Sighting::count from the keys: each key counts once, for
// the first capture (and in it the first sighting) that has it; one that is both attempt and more
// is no attempt. Takes n log n of the number of keys.
void count_distinct(std::map<std::uint32_t, CaptureCount>& captures);

// Sets severity, confidence and times of a capture from its sightings.
void sum_up(CaptureCount& capture);

// Sets all of `incident` that is derived from by_capture and its counts.
void derive_totals(Incident& incident, const IncidentLimits& limits);

}  // namespace leaktap
