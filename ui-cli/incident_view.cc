#include "ui-cli/incident_view.h"

#include <algorithm>
#include <tuple>

namespace leaktap {
namespace {

EvidenceCapture capture_of(const Evidence& evidence, const std::vector<CaptureInfo>& captures,
                           bool live) {
  const auto path_of = [&](const std::vector<PacketRef>& frames) -> std::string {
    if (frames.empty() || frames.front().capture >= captures.size()) return {};
    return captures[frames.front().capture].path;
  };
  EvidenceCapture capture;
  capture.live = live;
  capture.path = path_of(evidence.request_frames);
  std::string response_path = path_of(evidence.response_frames);
  if (capture.path.empty()) {
    capture.path = std::move(response_path);
  } else if (response_path != capture.path) {
    capture.response_path = std::move(response_path);
  }
  return capture;
}

}  // namespace

std::vector<IncidentView> views_of(const std::vector<Incident>& incidents,
                                   const std::vector<CaptureInfo>& captures, bool live) {
  std::vector<IncidentView> views;
  views.reserve(incidents.size());
  for (const Incident& incident : incidents) {
    IncidentView& view = views.emplace_back();
    view.incident = &incident;
    for (const Evidence& evidence : incident.evidence) {
      view.captures.push_back(capture_of(evidence, captures, live));
    }
  }
  return views;
}

std::vector<IncidentView> views_of(const std::vector<StoredIncident>& stored) {
  std::vector<IncidentView> views;
  views.reserve(stored.size());
  for (const StoredIncident& one : stored) {
    IncidentView& view = views.emplace_back();
    view.incident = &one.incident;
    for (const std::string& path : one.evidence_captures) {
      const bool live = path.starts_with(kLivePrefix);
      view.captures.push_back({live ? path.substr(kLivePrefix.size()) : path, {}, live});
    }
    view.captures.resize(one.incident.evidence.size());
  }
  return views;
}

void sort_for_reading(std::vector<IncidentView>& views) {
  std::sort(views.begin(), views.end(), [](const IncidentView& a, const IncidentView& b) {
    const Incident& x = *a.incident;
    const Incident& y = *b.incident;
    return std::tie(y.severity, y.confidence, x.key) < std::tie(x.severity, x.confidence, y.key);
  });
}

}  // namespace leaktap
