#include "storage/incident_reader.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "storage/incident_totals.h"
#include "storage/stored_names.h"

namespace leaktap {
namespace {

constexpr std::string_view kColumns =
    "SELECT i.id, i.detector, s.name, r.method, r.route, i.location, i.credential_kind, i.host,"
    " i.status FROM incidents i JOIN routes r ON r.id = i.route JOIN services s ON s.id = r.service"
    " WHERE i.count + i.attempts > 0";

Fingerprint fingerprint_from(const std::string& hex) {
  Fingerprint fingerprint;
  if (hex.size() != 2 * fingerprint.bytes.size()) return fingerprint;
  for (std::size_t i = 0; i < fingerprint.bytes.size(); ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, fingerprint.bytes[i], 16);
  }
  return fingerprint;
}

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// What is worst comes first.
bool stands_before(const StoredIncident& stored_a, const StoredIncident& stored_b) {
  const Incident& a = stored_a.incident;
  const Incident& b = stored_b.incident;
  return std::tie(b.severity, b.confidence, a.key) < std::tie(a.severity, a.confidence, b.key);
}

}  // namespace

IncidentReader::IncidentReader(Database& database, const std::string& path)
    : database_(database),
      path_(path),
      evidence_(database),
      captures_(database.prepare(
          "SELECT capture, count, attempts, severity, confidence, first_ns, last_ns"
          " FROM incident_captures WHERE incident = ?1")),
      sightings_(database.prepare(
          "SELECT s.capture, s.principal, s.home_tenant, s.accessed_tenant, s.state, s.count,"
          " s.first_ns, s.last_ns, c.fingerprint, c.provider, c.sensitivity, c.preview"
          " FROM sightings s LEFT JOIN credentials c ON c.id = s.credential"
          " WHERE s.incident = ?1 ORDER BY s.id")) {}

tl::unexpected<Error> IncidentReader::unknown_word(const std::string& what) const {
  return fail(path_ + " was written by a newer leaktap (it knows " + what +
              "); update leaktap or choose another --db");
}

Status IncidentReader::read_captures(Incident& incident) {
  captures_.bind(incident.id);
  while (captures_.step()) {
    CaptureCount& count = incident.by_capture[static_cast<std::uint32_t>(captures_.integer(0))];
    count.count = static_cast<std::uint64_t>(captures_.integer(1));
    count.attempts = static_cast<std::uint64_t>(captures_.integer(2));
    count.severity = static_cast<Severity>(captures_.integer(3));
    count.confidence = static_cast<Confidence>(captures_.integer(4));
    count.first_seen = captures_.time(5);
    count.last_seen = captures_.time(6);
  }
  return read_sightings(incident);
}

Status IncidentReader::read_sightings(Incident& incident) {
  sightings_.bind(incident.id);
  while (sightings_.step()) {
    const auto capture = static_cast<std::uint32_t>(sightings_.integer(0));
    Sighting& sighting = incident.by_capture[capture].sightings.emplace_back();
    sighting.principal = sightings_.text(1);
    sighting.tenants = {sightings_.text(2), sightings_.text(3)};
    const std::optional<Outcome> state = outcome_named(sightings_.text(4));
    if (!state) return unknown_word("the state " + sightings_.text(4));
    sighting.state = *state;
    sighting.count = static_cast<std::uint64_t>(sightings_.integer(5));
    sighting.first_seen = sightings_.time(6);
    sighting.last_seen = sightings_.time(7);
    sighting.credential.kind = incident.key.kind;
    if (sightings_.is_null(8)) continue;
    sighting.credential.fingerprint = fingerprint_from(sightings_.text(8));
    sighting.credential.provider = lasting(sightings_.text(9));
    const std::optional<Sensitivity> sensitivity = sensitivity_named(sightings_.text(10));
    if (!sensitivity) return unknown_word("the sensitivity " + sightings_.text(10));
    sighting.credential.sensitivity = *sensitivity;
    sighting.credential.preview = sightings_.text(11);
  }
  return database_.status();
}

Result<StoredIncident> IncidentReader::read(const Statement& row) {
  StoredIncident stored;
  Incident& incident = stored.incident;
  const std::optional<DetectorId> detector = detector_named(row.text(1));
  if (!detector) return unknown_word("the detector " + row.text(1));
  const std::optional<CredentialKind> kind = kind_named(row.text(6));
  if (!kind) return unknown_word("the credential kind " + row.text(6));
  incident.id = row.text(0);
  incident.key = {*detector, row.text(2), row.text(3), row.text(4), row.text(5), *kind};
  incident.host = row.text(7);
  incident.status = row.text(8);
  if (const Status status = read_captures(incident); !status) {
    return tl::unexpected<Error>(status.error());
  }
  derive_totals(incident, {});
  evidence_.read(incident, stored.evidence_captures);
  return stored;
}

Result<std::vector<StoredIncident>> IncidentReader::list(const IncidentFilter& filter) {
  std::string sql{kColumns};
  sql +=
      " AND (?1 IS NULL OR i.severity >= ?1) AND (?2 IS NULL OR i.detector = ?2)"
      " AND (?3 IS NULL OR s.name = ?3) AND (?4 IS NULL OR i.status = ?4)"
      " AND (?5 OR i.count > 0)";
  std::optional<int> severity;
  if (filter.min_severity) severity = static_cast<int>(*filter.min_severity);
  Statement rows = database_.prepare(sql);
  rows.bind(severity, filter.detector, filter.service, filter.status, filter.include_controls);
  std::vector<StoredIncident> incidents;
  while (rows.step()) {
    Result<StoredIncident> incident = read(rows);
    if (!incident) return tl::unexpected<Error>(incident.error());
    incidents.push_back(std::move(*incident));
  }
  if (const Status status = database_.status(); !status) {
    return tl::unexpected<Error>(status.error());
  }
  std::sort(incidents.begin(), incidents.end(), stands_before);
  return incidents;
}

Result<StoredIncident> IncidentReader::find(const std::string& id) {
  constexpr std::size_t kFewestDigits = 4;
  constexpr std::size_t kShown = 5;
  std::string digits = id;
  std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (digits.size() < kFewestDigits && is_hex(digits)) {
    return fail("incident id " + id + " is too short; give at least 4 digits");
  }
  // 'g' is the first character behind the digits.
  Statement rows = database_.prepare(std::string{kColumns} +
                                     " AND i.id >= ?1 AND i.id < ?1 || 'g' ORDER BY i.id");
  rows.bind(is_hex(digits) ? digits : std::string{"-"});
  std::optional<Result<StoredIncident>> found;
  std::string matches;
  std::size_t count = 0;
  for (; count < kShown && rows.step(); ++count) {
    matches += (count == 0 ? "" : ", ") + rows.text(0);
    if (!found) found = read(rows);
  }
  if (const Status status = database_.status(); !status) {
    return tl::unexpected<Error>(status.error());
  }
  if (!found) {
    return fail("there is no incident " + id + " in " + path_ + "; leaktap incidents lists them");
  }
  if (count > 1)
    return fail("incident id " + id + " is ambiguous: " + matches + "; give more digits");
  return std::move(*found);
}

}  // namespace leaktap
