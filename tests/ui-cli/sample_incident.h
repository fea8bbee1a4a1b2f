// An incident with something in every field.
#pragma once

#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "storage/incident.h"

namespace leaktap {

inline Timestamp sample_time(int second) {
  return *from_rfc3339("2026-01-01T10:00:00Z") + std::chrono::seconds(second);
}

inline Endpoint sample_endpoint(std::uint8_t last, std::uint16_t port) {
  const std::uint8_t address[] = {10, 0, 0, last};
  return {IpAddress::v4(address), port};
}

inline Evidence sample_evidence() {
  Evidence evidence;
  evidence.request_frames = {{0, 12}, {0, 13}};
  evidence.response_frames = {{0, 15}};
  evidence.time = sample_time(0);
  evidence.client = sample_endpoint(5, 50311);
  evidence.server = sample_endpoint(9, 8080);
  evidence.vlan = {12, 0};
  evidence.community_id = "1:abc=";
  evidence.http_version = "1.1";
  evidence.request = "GET /v1/items/7?access_token=‹jwt eyJ…(412)›";
  evidence.status = 200;
  evidence.why = {"query parameter access_token holds a JWT"};
  return evidence;
}

inline Incident sample_incident() {
  Incident incident;
  incident.key = {.detector = DetectorId::CredentialInUrl,
                  .service = "orders",
                  .method = "GET",
                  .route = "/v1/items/{id}",
                  .location = "query:access_token",
                  .kind = CredentialKind::Jwt};
  incident.id = "1f2e3d4c5b6a7988";
  incident.host = "api.example.com";
  incident.severity = Severity::High;
  incident.confidence = Confidence::Proof;
  CredentialUse use;
  use.credential.kind = CredentialKind::Jwt;
  use.credential.fingerprint.bytes.fill(0xab);
  use.credential.preview = "eyJ…(412)";
  use.state = Outcome::Accepted;
  use.count = 3;
  use.first_seen = sample_time(0);
  use.last_seen = sample_time(9);
  incident.credentials = {use};
  incident.credentials_total = 2;
  incident.principals = {"user-3f2a"};
  incident.tenants = {{TenantPair{"acme", "globex"}, 1}};
  incident.count = 3;
  incident.first_seen = sample_time(0);
  incident.last_seen = sample_time(9);
  incident.evidence = {sample_evidence()};
  return incident;
}

inline CaptureInfo sample_capture() {
  CaptureInfo capture;
  capture.path = "a.pcap";
  capture.content_id = "100-abc";
  capture.packets = 1204;
  capture.bytes = 123'456;
  capture.first = sample_time(0);
  capture.last = sample_time(300);
  return capture;
}

}  // namespace leaktap
