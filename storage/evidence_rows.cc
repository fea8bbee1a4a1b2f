#include "storage/evidence_rows.h"

#include <arpa/inet.h>

#include <array>
#include <cstdio>

namespace leaktap {
namespace {

// [[capture, frame], …]: one message may have come in several files.
std::string frames_json(const std::vector<PacketRef>& frames,
                        const std::vector<std::int64_t>& capture_ids) {
  std::string json = "[";
  for (const PacketRef& frame : frames) {
    if (frame.capture >= capture_ids.size()) continue;
    if (json.size() > 1) json += ',';
    json +=
        '[' + std::to_string(capture_ids[frame.capture]) + ',' + std::to_string(frame.frame) + ']';
  }
  return json + "]";
}

std::string vlan_json(const std::array<std::uint16_t, 2>& vlan) {
  std::string json = "[";
  for (const std::uint16_t id : vlan) {
    if (id == 0) continue;
    if (json.size() > 1) json += ',';
    json += std::to_string(id);
  }
  return json + "]";
}

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      json += escape.data();
    } else {
      json += c;
    }
  }
  json += '"';
}

std::string texts_json(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    append_quoted(json, text);
  }
  return json + "]";
}

IpAddress address_from(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    return IpAddress::v4(Bytes{bytes}.first(4));
  }
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return IpAddress::v6(bytes);
  return {};
}

std::optional<int> status_or_null(int status) {
  if (status == 0) return std::nullopt;
  return status;
}

}  // namespace

EvidenceWriter::EvidenceWriter(Database& database)
    : same_(database.prepare(
          "SELECT id, confidence FROM evidence WHERE incident = ?1 AND finding_key = ?2")),
      remove_(database.prepare("DELETE FROM evidence WHERE id = ?1")),
      insert_(database.prepare(
          "INSERT INTO evidence (incident, capture, confidence, found_ns, finding_key, time_ns,"
          " request_frames, response_frames, client_ip, client_port, server_ip, server_port, vlan,"
          " community_id, tls, complete, http_version, request, status, why)"
          " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)")),
      trim_(database.prepare(
          "DELETE FROM evidence WHERE incident = ?1 AND id NOT IN (SELECT id FROM evidence"
          " WHERE incident = ?1 ORDER BY confidence DESC, found_ns, id LIMIT ?2)")) {}

void EvidenceWriter::write(const std::string& incident, const EvidenceOrigin& origin,
                           const Evidence& evidence, const std::vector<std::int64_t>& capture_ids) {
  const int confidence = static_cast<int>(origin.confidence);
  if (same_.find(incident, origin.key)) {
    if (same_.integer(1) >= confidence) return same_.reset();
    remove_.run(same_.integer(0));
    same_.reset();
  }
  insert_.run(incident, capture_ids[origin.capture], confidence, origin.time, origin.key,
              evidence.time, frames_json(evidence.request_frames, capture_ids),
              frames_json(evidence.response_frames, capture_ids), to_string(evidence.client.ip),
              int{evidence.client.port}, to_string(evidence.server.ip), int{evidence.server.port},
              vlan_json(evidence.vlan), evidence.community_id, evidence.tls, evidence.complete,
              evidence.http_version, evidence.request, status_or_null(evidence.status),
              texts_json(evidence.why));
}

void EvidenceWriter::trim(const std::string& incident, std::size_t limit) {
  trim_.run(incident, static_cast<std::int64_t>(limit));
}

EvidenceReader::EvidenceReader(Database& database)
    : rows_(database.prepare(
          "SELECT c.path, e.confidence, e.found_ns, e.finding_key, e.capture, e.time_ns,"
          " e.request_frames, e.response_frames, e.client_ip, e.client_port, e.server_ip,"
          " e.server_port, e.vlan, e.community_id, e.tls, e.complete, e.http_version, e.request,"
          " e.status, e.why FROM evidence e JOIN captures c ON c.id = e.capture"
          " WHERE e.incident = ?1 ORDER BY e.confidence DESC, e.found_ns, e.id")),
      pairs_(database.prepare("SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
                              " FROM json_each(?1)")),
      values_(database.prepare("SELECT value FROM json_each(?1)")) {}

std::vector<PacketRef> EvidenceReader::frames(const std::string& json) {
  std::vector<PacketRef> frames;
  pairs_.bind(json);
  while (pairs_.step()) {
    frames.push_back({static_cast<std::uint32_t>(pairs_.integer(0)),
                      static_cast<std::uint64_t>(pairs_.integer(1))});
  }
  return frames;
}

void EvidenceReader::read(Incident& incident, std::vector<std::string>& paths) {
  rows_.bind(incident.id);
  while (rows_.step()) {
    paths.push_back(rows_.text(0));
    incident.evidence_origins.push_back({static_cast<Confidence>(rows_.integer(1)), rows_.time(2),
                                         static_cast<std::uint64_t>(rows_.integer(3)),
                                         static_cast<std::uint32_t>(rows_.integer(4))});
    Evidence& evidence = incident.evidence.emplace_back();
    evidence.time = rows_.time(5);
    evidence.request_frames = frames(rows_.text(6));
    evidence.response_frames = frames(rows_.text(7));
    evidence.client = {address_from(rows_.text(8)), static_cast<std::uint16_t>(rows_.integer(9))};
    evidence.server = {address_from(rows_.text(10)), static_cast<std::uint16_t>(rows_.integer(11))};
    values_.bind(rows_.text(12));
    for (std::uint16_t& vlan : evidence.vlan) {
      if (!values_.step()) break;
      vlan = static_cast<std::uint16_t>(values_.integer(0));
    }
    evidence.community_id = rows_.text(13);
    evidence.tls = rows_.integer(14) != 0;
    evidence.complete = rows_.integer(15) != 0;
    evidence.http_version = rows_.text(16);
    evidence.request = rows_.text(17);
    evidence.status = static_cast<int>(rows_.integer(18));
    values_.bind(rows_.text(19));
    while (values_.step()) evidence.why.push_back(values_.text(0));
  }
}

}  // namespace leaktap
