// An incident as it is shown: with the names of its captures, and in the order in which people
// read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "storage/incident.h"
#include "storage/incident_store.h"

namespace leaktap {

// Where a piece of evidence can be looked up.
struct EvidenceCapture {
  std::string path;  // of the request's frames, or of the response's where there is no request
  std::string response_path;  // only if the response's frames stand in another one
  bool live = false;          // an interface, not a file
};

// Borrows the incident, which must outlive it.
struct IncidentView {
  const Incident* incident = nullptr;     // never null
  std::vector<EvidenceCapture> captures;  // one for each of Incident::evidence
};

// Live captures are stored under their interface's name behind this.
inline constexpr std::string_view kLivePrefix = "live:";

// Of a run: PacketRef::capture is an index into `captures`.
std::vector<IncidentView> views_of(const std::vector<Incident>& incidents,
                                   const std::vector<CaptureInfo>& captures, bool live);
// Of a database.
std::vector<IncidentView> views_of(const std::vector<StoredIncident>& stored);

// By severity, then confidence, the worst first; among equals as the incidents' keys are.
void sort_for_reading(std::vector<IncidentView>& views);

// Left out of tables unless asked for: worth knowing, but nothing to act on.
inline bool is_minor(const Incident& incident) {
  return incident.is_control() || incident.severity == Severity::Info;
}

}  // namespace leaktap
