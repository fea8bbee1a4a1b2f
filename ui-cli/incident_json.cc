#include "ui-cli/incident_json.h"

#include "detectors/catalogue.h"

namespace leaktap {
namespace {

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json endpoint_json(const Endpoint& endpoint) {
  return {{"ip", to_string(endpoint.ip)}, {"port", endpoint.port}};
}

// The numbers of the frames that are known.
Json frames_json(const std::vector<PacketRef>& frames) {
  Json numbers = Json::array();
  for (const PacketRef& ref : frames) {
    if (ref.frame != 0) numbers.push_back(ref.frame);
  }
  return numbers;
}

Json vlan_json(const std::array<std::uint16_t, 2>& vlan) {
  Json ids = Json::array();
  for (const std::uint16_t id : vlan) {
    if (id != 0) ids.push_back(id);
  }
  return ids;
}

Json evidence_json(const Evidence& evidence, const EvidenceCapture& capture) {
  Json json = {
      {"kind", capture.live ? "live" : "file"},
      {"capture", capture.path},
      {"request_frames", frames_json(evidence.request_frames)},
      {"response_frames", frames_json(evidence.response_frames)},
      {"time", to_rfc3339(evidence.time)},
      {"client", endpoint_json(evidence.client)},
      {"server", endpoint_json(evidence.server)},
      {"community_id", evidence.community_id},
      {"vlan", vlan_json(evidence.vlan)},
      {"tls", evidence.tls},
      {"http_version", evidence.http_version},
      {"request", evidence.request},
      {"complete", evidence.complete},
      {"status", evidence.status == 0 ? Json() : Json(evidence.status)},
      {"why", evidence.why},
  };
  if (!capture.response_path.empty()) json["response_capture"] = capture.response_path;
  return json;
}

Json credential_json(const CredentialUse& use, const RevealedValues* revealed) {
  const CredentialSummary& credential = use.credential;
  const bool has_fingerprint = credential.fingerprint != Fingerprint{};
  Json json = {
      {"kind", name_of(credential.kind)},
      {"provider", text_or_null(credential.provider)},
      {"fingerprint", has_fingerprint ? Json(credential.fingerprint.hex()) : Json()},
      {"preview", credential.preview},
      {"state", name_of(use.state)},
      {"count", use.count},
      {"first_seen", to_rfc3339(use.first_seen)},
      {"last_seen", to_rfc3339(use.last_seen)},
  };
  if (revealed != nullptr) json["value"] = text_or_null(revealed->value_of(credential.fingerprint));
  return json;
}

template <typename Items, typename Convert>
Json list_json(const Items& items, Convert convert) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

Json tenants_json(const Incident& incident) {
  return list_json(incident.tenants, [](const auto& row) {
    return Json{{"home", row.first.home}, {"accessed", row.first.accessed}, {"count", row.second}};
  });
}

Json all_evidence_json(const IncidentView& view) {
  Json list = Json::array();
  for (std::size_t i = 0; i < view.incident->evidence.size(); ++i) {
    list.push_back(evidence_json(view.incident->evidence[i], view.captures[i]));
  }
  return list;
}

}  // namespace

Json incident_json(const IncidentView& view, const RevealedValues* revealed) {
  const Incident& incident = *view.incident;
  const DetectorInfo& detector = info_of(incident.key.detector);
  return {
      {"id", incident.id},
      {"detector", detector.name},
      {"title", detector.title},
      {"severity", name_of(incident.severity)},
      {"confidence", name_of(incident.confidence)},
      {"service", incident.key.service},
      {"host", incident.host},
      {"method", incident.key.method},
      {"route", incident.key.route},
      {"location", incident.key.location},
      {"credentials",
       list_json(incident.credentials,
                 [&](const CredentialUse& use) { return credential_json(use, revealed); })},
      {"credentials_total", incident.credentials_total},
      {"principals", incident.principals},
      {"tenants", tenants_json(incident)},
      {"count", incident.count},
      {"attempts", incident.attempts},
      {"first_seen", to_rfc3339(incident.first_seen)},
      {"last_seen", to_rfc3339(incident.last_seen)},
      {"owasp", detector.owasp},
      {"cwe", list_json(detector.cwe, [](int number) { return Json(number); })},
      {"status", incident.status},
      {"evidence", all_evidence_json(view)},
      {"remediation", detector.remediation},
      {"references",
       list_json(detector.references, [](std::string_view text) { return Json(text); })},
  };
}

}  // namespace leaktap
