// Counting over captures. Each sighting keeps the keys of all its findings, whether they count or
// not; the capture that came into the database first counts a key that several have. So a capture
// may be scanned anew with other options, and the captures that overlap with it count what is
// theirs again. Only captures whose times overlap can share a key (it hashes the packet's time), so
// the keys of others are never read.
#include "storage/incident_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "storage/incident_totals.h"
#include "storage/stored_names.h"

namespace leaktap {
namespace {

static_assert(std::endian::native == std::endian::little, "keys are stored little-endian");

Bytes bytes_of(const std::vector<std::uint64_t>& keys) {
  return {reinterpret_cast<const std::uint8_t*>(keys.data()), keys.size() * sizeof(std::uint64_t)};
}

std::vector<std::uint64_t> keys_from(Bytes bytes) {
  std::vector<std::uint64_t> keys(bytes.size() / sizeof(std::uint64_t));
  if (!keys.empty()) std::memcpy(keys.data(), bytes.data(), keys.size() * sizeof(std::uint64_t));
  return keys;
}

// Passwords have a fingerprint of zeros in the program and none in the database.
std::string stored_fingerprint(const CredentialSummary& credential) {
  return credential.fingerprint == Fingerprint{} ? std::string{} : credential.fingerprint.hex();
}

}  // namespace

IncidentWriter::IncidentWriter(Database& db, Mode mode)
    : database_(db),
      mode_(mode),
      evidence_(db),
      find_capture_(db.prepare("SELECT id, run FROM captures WHERE content_id = ?1")),
      insert_capture_(
          db.prepare("INSERT INTO captures (content_id, path, live, packets, bytes, dropped, "
                     "first_ns, last_ns,"
                     " truncated, error, run) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")),
      update_capture_(db.prepare(
          "UPDATE captures SET path = ?2, live = ?3, packets = ?4, bytes = ?5, dropped = ?6,"
          " first_ns = ?7, last_ns = ?8, truncated = ?9, error = ?10, run = ?11 WHERE id = ?1")),
      find_service_(db.prepare("SELECT id FROM services WHERE name = ?1")),
      insert_service_(db.prepare("INSERT INTO services (name) VALUES (?1)")),
      find_route_(
          db.prepare("SELECT id FROM routes WHERE service = ?1 AND method = ?2 AND route = ?3")),
      insert_route_(db.prepare("INSERT INTO routes (service, method, route) VALUES (?1,?2,?3)")),
      insert_incident_(db.prepare(
          "INSERT INTO incidents (id, detector, route, location, credential_kind, host, severity,"
          " confidence, count, attempts, first_ns, last_ns) VALUES (?1,?2,?3,?4,?5,?6,0,0,0,0,0,0)"
          " ON CONFLICT (id) DO UPDATE SET host = excluded.host"
          " WHERE excluded.host <> '' AND (host = '' OR excluded.host < host)")),
      find_credential_(
          db.prepare("SELECT id, provider FROM credentials WHERE fingerprint = ?1 AND kind = ?2")),
      insert_credential_(
          db.prepare("INSERT INTO credentials (fingerprint, kind, provider, sensitivity, preview)"
                     " VALUES (?1,?2,?3,?4,?5) ON CONFLICT (fingerprint, kind) DO UPDATE"
                     " SET provider = excluded.provider, preview = excluded.preview")),
      find_sighting_(db.prepare(
          "SELECT id FROM sightings WHERE incident = ?1 AND capture = ?2 AND credential IS ?3"
          " AND principal = ?4 AND home_tenant = ?5 AND accessed_tenant = ?6")),
      update_sighting_(db.prepare(
          "UPDATE sightings SET count = count + ?2, first_ns = min(first_ns, ?3),"
          " last_ns = max(last_ns, ?4), state = CASE WHEN 'accepted' IN (state, ?5) THEN 'accepted'"
          " WHEN 'refused' IN (state, ?5) THEN 'refused' ELSE 'unknown' END WHERE id = ?1")),
      insert_sighting_(db.prepare(
          "INSERT INTO sightings (incident, capture, credential, principal, home_tenant,"
          " accessed_tenant, state, count, first_ns, last_ns, finding_keys, attempt_keys)"
          " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)")),
      // An attempt says nothing of severity where there is more than attempts; see raise().
      put_count_(db.prepare(
          "INSERT INTO incident_captures (incident, capture, count, attempts, severity, confidence,"
          " first_ns, last_ns) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)"
          " ON CONFLICT (incident, capture) DO UPDATE SET count = count + excluded.count,"
          " attempts = attempts + excluded.attempts, severity = CASE"
          " WHEN (confidence = 0) = (excluded.confidence = 0) THEN max(severity, excluded.severity)"
          " WHEN confidence = 0 THEN excluded.severity ELSE severity END,"
          " confidence = max(confidence, excluded.confidence),"
          " first_ns = min(first_ns, excluded.first_ns), last_ns = max(last_ns, "
          "excluded.last_ns)")),
      captures_of_(
          db.prepare("SELECT capture FROM incident_captures WHERE incident = ?1 ORDER BY capture")),
      sightings_of_(db.prepare(
          // Left to itself, SQLite walks all sightings of the capture to have them in order.
          "SELECT id, credential, finding_keys, attempt_keys FROM sightings"
          " INDEXED BY sightings_by_incident WHERE incident = ?1 AND capture = ?2 ORDER BY id")),
      set_sighting_(db.prepare("UPDATE sightings SET count = ?2 WHERE id = ?1 AND count <> ?2")),
      set_count_(
          db.prepare("UPDATE incident_captures SET count = ?3, attempts = ?4"
                     " WHERE incident = ?1 AND capture = ?2 AND (count <> ?3 OR attempts <> ?4)")),
      derive_(db.prepare(
          "UPDATE incidents SET (count, attempts, severity, confidence, first_ns, last_ns) = ("
          " SELECT COALESCE(SUM(count), 0), COALESCE(SUM(attempts), 0), COALESCE("
          "  MAX(CASE WHEN confidence > 0 THEN severity END), MAX(severity), incidents.severity),"
          "  COALESCE(MAX(confidence), incidents.confidence),"
          "  COALESCE(MIN(first_ns), incidents.first_ns), COALESCE(MAX(last_ns), incidents.last_ns)"
          " FROM incident_captures WHERE incident = ?1) WHERE id = ?1")),
      status_(db.prepare("SELECT status FROM incidents WHERE id = ?1")),
      count_in_(
          db.prepare("SELECT count FROM incident_captures WHERE incident = ?1 AND capture = ?2")),
      set_status_(db.prepare("UPDATE incidents SET status = ?2 WHERE id = ?1")) {}

void IncidentWriter::put_run(const RunRecord& run, const std::vector<CaptureInfo>& captures) {
  const bool goes_on = mode_ == Mode::Live && captures.size() == 1 &&
                       find_capture_.find(std::string_view{captures[0].content_id});
  std::int64_t id = 0;
  if (goes_on) {
    id = find_capture_.integer(1);
    find_capture_.reset();
    database_.prepare("UPDATE runs SET options = ?2, coverage = ?3 WHERE id = ?1")
        .run(id, run.options_json, run.coverage_json);
  } else {
    database_
        .prepare("INSERT INTO runs (version, started_ns, options, coverage) VALUES (?1,?2,?3,?4)")
        .run(run.version, run.started, run.options_json, run.coverage_json);
    id = database_.last_id();
  }
  for (const CaptureInfo& capture : captures) put_capture(capture, id);
}

void IncidentWriter::put_capture(const CaptureInfo& capture, std::int64_t run) {
  const bool live = mode_ == Mode::Live;
  std::int64_t id = 0;
  // Without a content id nothing says that it is the same, so it never is.
  if (!capture.content_id.empty() && find_capture_.find(capture.content_id)) {
    id = find_capture_.integer(0);
    find_capture_.reset();
    // The same content under two names in one run is one capture.
    if (!saved_.contains(id)) {
      if (!live) clear_capture(id);
      update_capture_.run(id, capture.path, live, capture.packets, capture.bytes, capture.dropped,
                          capture.first, capture.last, capture.truncated, capture.error, run);
    }
  } else {
    const std::optional<std::string> content_id =
        capture.content_id.empty() ? std::nullopt : std::optional{capture.content_id};
    insert_capture_.run(content_id, capture.path, live, capture.packets, capture.bytes,
                        capture.dropped, capture.first, capture.last, capture.truncated,
                        capture.error, run);
    id = database_.last_id();
    new_.insert(id);
  }
  saved_.insert(id);
  capture_ids_.push_back(id);
}

void IncidentWriter::clear_capture(std::int64_t capture) {
  Statement incidents =
      database_.prepare("SELECT incident FROM incident_captures WHERE capture = ?1");
  incidents.bind(capture);
  while (incidents.step()) affected_.insert(incidents.text(0));
  for (const char* sql : {"DELETE FROM sightings WHERE capture = ?1",
                          "DELETE FROM incident_captures WHERE capture = ?1",
                          "DELETE FROM evidence WHERE capture = ?1"}) {
    database_.prepare(sql).run(capture);
  }
  removed_ = true;
}

std::int64_t IncidentWriter::route_of(const IncidentKey& key) {
  std::int64_t service = 0;
  if (find_service_.find(key.service)) {
    service = find_service_.integer(0);
  } else {
    insert_service_.run(key.service);
    service = database_.last_id();
  }
  find_service_.reset();
  if (find_route_.find(service, key.method, key.route)) {
    const std::int64_t route = find_route_.integer(0);
    find_route_.reset();
    return route;
  }
  insert_route_.run(service, key.method, key.route);
  return database_.last_id();
}

std::int64_t IncidentWriter::credential_of(const CredentialSummary& credential) {
  const std::string fingerprint = stored_fingerprint(credential);
  const auto put = [&] {
    insert_credential_.run(fingerprint, name_of(credential.kind), credential.provider,
                           stored_name(credential.sensitivity), credential.preview);
  };
  if (!find_credential_.find(fingerprint, name_of(credential.kind))) {
    put();
    return database_.last_id();
  }
  const std::int64_t id = find_credential_.integer(0);
  const bool knows_more = !credential.provider.empty() && find_credential_.text(1).empty();
  find_credential_.reset();
  if (knows_more) put();
  return id;
}

void IncidentWriter::put_sighting(const std::string& incident, std::int64_t capture,
                                  const Sighting& sighting) {
  std::optional<std::int64_t> credential;
  if (sighting.has_credential()) credential = credential_of(sighting.credential);
  if (mode_ == Mode::Replace) {
    insert_sighting_.run(incident, capture, credential, sighting.principal, sighting.tenants.home,
                         sighting.tenants.accessed, stored_name(sighting.state), sighting.count,
                         sighting.first_seen, sighting.last_seen, bytes_of(sighting.finding_keys),
                         bytes_of(sighting.attempt_keys));
    return;
  }
  if (find_sighting_.find(incident, capture, credential, sighting.principal, sighting.tenants.home,
                          sighting.tenants.accessed)) {
    const std::int64_t id = find_sighting_.integer(0);
    find_sighting_.reset();
    update_sighting_.run(id, sighting.count, sighting.first_seen, sighting.last_seen,
                         stored_name(sighting.state));
    return;
  }
  insert_sighting_.run(incident, capture, credential, sighting.principal, sighting.tenants.home,
                       sighting.tenants.accessed, stored_name(sighting.state), sighting.count,
                       sighting.first_seen, sighting.last_seen, nullptr, nullptr);
}

void IncidentWriter::put(const Incident& incident) {
  const IncidentKey& key = incident.key;
  insert_incident_.run(incident.id, info_of(key.detector).name, route_of(key), key.location,
                       name_of(key.kind), incident.host);
  affected_.insert(incident.id);
  for (const auto& [index, count] : incident.by_capture) {
    if (index >= capture_ids_.size()) continue;
    const std::int64_t capture = capture_ids_[index];
    for (const Sighting& sighting : count.sightings) put_sighting(incident.id, capture, sighting);
    put_count_.run(incident.id, capture, count.count, count.attempts,
                   static_cast<int>(count.severity), static_cast<int>(count.confidence),
                   count.first_seen, count.last_seen);
    if (mode_ == Mode::Live && count.count > 0) grown_.insert(incident.id);
  }
  const std::size_t pieces = std::min(incident.evidence.size(), incident.evidence_origins.size());
  for (std::size_t i = 0; i < pieces; ++i) {
    if (incident.evidence_origins[i].capture >= capture_ids_.size()) continue;
    evidence_.write(incident.id, incident.evidence_origins[i], incident.evidence[i], capture_ids_);
  }
}

void IncidentWriter::find_overlapping() {
  Statement captures = database_.prepare(
      "SELECT id, first_ns, last_ns FROM captures WHERE live = 0 AND first_ns IS NOT NULL"
      " ORDER BY first_ns");
  // Chains count as one: what the middle one of three shares with both ends decides for both.
  std::set<std::int64_t> chain;
  std::int64_t chain_end = 0;
  const auto close_chain = [&] {
    const auto is_saved = [&](std::int64_t id) { return saved_.contains(id); };
    if (std::any_of(chain.begin(), chain.end(), is_saved) &&
        !std::all_of(chain.begin(), chain.end(), is_saved)) {
      overlapping_.insert(chain.begin(), chain.end());
    }
    chain.clear();
  };
  while (captures.step()) {
    if (chain.empty() || captures.integer(1) > chain_end) {
      close_chain();
      chain_end = captures.integer(2);
    }
    chain.insert(captures.integer(0));
    chain_end = std::max(chain_end, captures.integer(2));
  }
  close_chain();
}

void IncidentWriter::recount(const std::string& incident) {
  std::vector<std::int64_t> ids;
  captures_of_.bind(incident);
  while (captures_of_.step()) {
    if (overlapping_.contains(captures_of_.integer(0))) ids.push_back(captures_of_.integer(0));
  }
  const auto is_saved = [&](std::int64_t id) { return saved_.contains(id); };
  if (std::all_of(ids.begin(), ids.end(), is_saved)) return;  // counted by the fold
  std::map<std::uint32_t, CaptureCount> captures;
  std::vector<std::vector<std::int64_t>> rows(ids.size());
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    sightings_of_.bind(incident, ids[i]);
    while (sightings_of_.step()) {
      Sighting& sighting = captures[i].sightings.emplace_back();
      rows[i].push_back(sightings_of_.integer(0));
      // Which credential it is matters here, not its fingerprint: the row's id will do.
      const std::int64_t credential = sightings_of_.integer(1);
      std::memcpy(sighting.credential.fingerprint.bytes.data(), &credential, sizeof credential);
      sighting.finding_keys = keys_from(sightings_of_.blob(2));
      sighting.attempt_keys = keys_from(sightings_of_.blob(3));
    }
  }
  count_distinct(captures);
  for (const auto& [i, capture] : captures) {
    set_count_.run(incident, ids[i], capture.count, capture.attempts);
    for (std::size_t row = 0; row < rows[i].size(); ++row) {
      set_sighting_.run(rows[i][row], capture.sightings[row].count);
    }
  }
}

void IncidentWriter::change_status(const std::string& incident) {
  if (!status_.find(incident)) return;
  const std::string status = status_.text(0);
  status_.reset();
  if (status != "acknowledged" && status != "resolved") return;
  // A live capture goes on for months: what was called resolved in the meantime is open again with
  // the next finding, what was only acknowledged stays so until the next run.
  bool again = status == "resolved" && grown_.contains(incident);
  for (const std::int64_t capture : new_) {
    again = again || (count_in_.find(incident, capture) && count_in_.integer(0) > 0);
    count_in_.reset();
  }
  if (again) set_status_.run(incident, "reopened");
}

void IncidentWriter::finish() {
  if (mode_ == Mode::Replace) find_overlapping();
  for (const std::string& incident : affected_) {
    if (!overlapping_.empty()) recount(incident);
    derive_.run(incident);
    change_status(incident);
    evidence_.trim(incident, IncidentLimits{}.evidence);
  }
  if (!removed_) return;
  // A person's decision outlives the rows that it was made on; they may come back.
  for (const char* sql : {
           "DELETE FROM incidents WHERE status IN ('open', 'reopened') AND NOT EXISTS"
           " (SELECT 1 FROM incident_captures c WHERE c.incident = incidents.id)",
           "DELETE FROM routes WHERE NOT EXISTS"
           " (SELECT 1 FROM incidents i WHERE i.route = routes.id)",
           "DELETE FROM services WHERE NOT EXISTS"
           " (SELECT 1 FROM routes r WHERE r.service = services.id)",
           "DELETE FROM credentials WHERE NOT EXISTS"
           " (SELECT 1 FROM sightings s WHERE s.credential = credentials.id)",
       }) {
    database_.execute(sql);
  }
}

}  // namespace leaktap
