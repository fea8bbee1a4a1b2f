#include "storage/schema.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace leaktap {
namespace {

constexpr Migration kMigrations[] = {
    {1, R"sql(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  started_ns INTEGER NOT NULL,
  options TEXT NOT NULL,
  coverage TEXT NOT NULL);

CREATE TABLE captures (
  id INTEGER PRIMARY KEY,
  content_id TEXT UNIQUE,
  path TEXT NOT NULL,
  live INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  truncated INTEGER NOT NULL,
  error TEXT,
  run INTEGER NOT NULL REFERENCES runs(id));
CREATE INDEX captures_by_run ON captures(run);

CREATE TABLE services (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE);

CREATE TABLE routes (
  id INTEGER PRIMARY KEY,
  service INTEGER NOT NULL REFERENCES services(id),
  method TEXT NOT NULL,
  route TEXT NOT NULL,
  UNIQUE (service, method, route));

CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  detector TEXT NOT NULL,
  route INTEGER NOT NULL REFERENCES routes(id),
  location TEXT NOT NULL,
  credential_kind TEXT NOT NULL,
  host TEXT NOT NULL,
  severity INTEGER NOT NULL,
  confidence INTEGER NOT NULL,
  count INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  first_ns INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'open'
    CHECK (status IN ('open', 'acknowledged', 'resolved', 'suppressed', 'reopened'))
) WITHOUT ROWID;
CREATE INDEX incidents_by_route ON incidents(route);

CREATE TABLE incident_captures (
  incident TEXT NOT NULL REFERENCES incidents(id),
  capture INTEGER NOT NULL REFERENCES captures(id),
  count INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  confidence INTEGER NOT NULL,
  first_ns INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  PRIMARY KEY (incident, capture)
) WITHOUT ROWID;
CREATE INDEX incident_captures_by_capture ON incident_captures(capture);

CREATE TABLE credentials (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  sensitivity TEXT NOT NULL,
  preview TEXT NOT NULL,
  UNIQUE (fingerprint, kind));

CREATE TABLE sightings (
  id INTEGER PRIMARY KEY,
  incident TEXT NOT NULL REFERENCES incidents(id),
  capture INTEGER NOT NULL REFERENCES captures(id),
  credential INTEGER REFERENCES credentials(id),
  principal TEXT NOT NULL,
  home_tenant TEXT NOT NULL,
  accessed_tenant TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('unknown', 'accepted', 'refused')),
  count INTEGER NOT NULL,
  first_ns INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  finding_keys BLOB,
  attempt_keys BLOB);
CREATE INDEX sightings_by_incident ON sightings(incident, capture, credential);
CREATE INDEX sightings_by_capture ON sightings(capture);
CREATE INDEX sightings_by_credential ON sightings(credential);

CREATE TABLE evidence (
  id INTEGER PRIMARY KEY,
  incident TEXT NOT NULL REFERENCES incidents(id),
  capture INTEGER NOT NULL REFERENCES captures(id),
  confidence INTEGER NOT NULL,
  found_ns INTEGER NOT NULL,
  finding_key INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  request_frames TEXT NOT NULL,
  response_frames TEXT NOT NULL,
  client_ip TEXT NOT NULL,
  client_port INTEGER NOT NULL,
  server_ip TEXT NOT NULL,
  server_port INTEGER NOT NULL,
  vlan TEXT NOT NULL,
  community_id TEXT NOT NULL,
  tls INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  http_version TEXT NOT NULL,
  request TEXT NOT NULL,
  status INTEGER,
  why TEXT NOT NULL);
CREATE INDEX evidence_by_incident ON evidence(incident);
CREATE INDEX evidence_by_capture ON evidence(capture);

CREATE VIEW incident_overview AS
  SELECT i.id, i.detector, s.name AS service, i.host, r.method, r.route, i.location,
         i.credential_kind,
         CASE i.severity WHEN 0 THEN 'info' WHEN 1 THEN 'low' WHEN 2 THEN 'medium'
                         WHEN 3 THEN 'high' ELSE 'critical' END AS severity,
         CASE i.confidence WHEN 0 THEN 'attempt' WHEN 1 THEN 'suspicion' WHEN 2 THEN 'strong'
                           ELSE 'proof' END AS confidence,
         i.count, i.attempts, i.first_ns, i.last_ns, i.status
  FROM incidents i JOIN routes r ON r.id = i.route JOIN services s ON s.id = r.service
  WHERE i.count + i.attempts > 0;

CREATE VIEW credential_overview AS
  SELECT c.fingerprint, c.kind, c.provider, c.sensitivity, c.preview,
         MIN(NULLIF(s.principal, '')) AS principal, MIN(NULLIF(s.home_tenant, '')) AS tenant,
         CASE WHEN MAX(s.state = 'accepted') THEN 'accepted'
              WHEN MAX(s.state = 'refused') THEN 'refused' ELSE 'unknown' END AS state,
         COUNT(DISTINCT s.incident) AS incidents, SUM(s.count) AS count,
         MIN(s.first_ns) AS first_ns, MAX(s.last_ns) AS last_ns
  FROM credentials c JOIN sightings s ON s.credential = c.id
  GROUP BY c.id;

CREATE VIEW tenant_pairs AS
  SELECT incident, home_tenant, accessed_tenant, SUM(count) AS count,
         MIN(first_ns) AS first_ns, MAX(last_ns) AS last_ns
  FROM sightings WHERE home_tenant <> '' OR accessed_tenant <> ''
  GROUP BY incident, home_tenant, accessed_tenant;
)sql"},
};

std::string reason_of(int error) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty()) {
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  }
  return reason;
}

tl::unexpected<Error> fail_to_open(const std::string& path, int error) {
  const char* cure = error == EACCES || error == EPERM ? "; run as its owner or choose another --db"
                                                       : "; choose another --db";
  return fail("cannot open " + path + ": " + reason_of(error) + cure);
}

// As much of the file's first 100 bytes as there is: the header of
// https://sqlite.org/fileformat2.html.
Result<std::string> read_header(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return fail_to_open(path, errno);
  std::array<char, 100> bytes{};
  const ssize_t length = ::read(file, bytes.data(), bytes.size());
  const int error = errno;
  ::close(file);
  if (length < 0) return fail_to_open(path, error);
  return std::string(bytes.data(), static_cast<std::size_t>(length));
}

int latest_version() { return migrations().back().version; }

Result<int> read_version(Database& database, const std::string& path) {
  int version = 0;
  if (Statement query = database.prepare("PRAGMA user_version"); query.step()) {
    version = static_cast<int>(query.integer(0));
  }
  if (const Status status = database.status(); !status)
    return tl::unexpected<Error>(status.error());
  if (version > latest_version()) {
    return fail(path + " was written by a newer leaktap (schema " + std::to_string(version) +
                ", this one knows " + std::to_string(latest_version()) +
                "); update leaktap or choose another --db");
  }
  return version;
}

// Changing to WAL is the one step for which SQLite does not wait where two processes open a new
// database at the same time.
Status use_wal(Database& database) {
  Status status;
  for (int tries = 0; tries < 50; ++tries) {
    database.forget_error();
    database.execute("PRAGMA journal_mode = WAL");
    status = database.status();
    if (status) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  return status;
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<FileState> inspect_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return FileState::Missing;
    return fail_to_open(path, errno);
  }
  if (S_ISDIR(info.st_mode)) {
    return fail(path + " is a folder; give --db the path of a file");
  }
  const Result<std::string> header = read_header(path);
  if (!header) return tl::unexpected<Error>(header.error());
  if (S_ISREG(info.st_mode) && header->empty()) return FileState::Empty;
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  // The application id is at byte 68. We write it before anything else and outside the WAL.
  ByteReader in(as_bytes(*header));
  in.skip(68);
  if (!header->starts_with(kMagic) || in.u32() != kApplicationId) {
    return fail(path + " is not a leaktap database; choose another --db");
  }
  return FileState::Ours;
}

Result<bool> create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EEXIST) return false;
    return fail("cannot create " + path + ": " + reason_of(errno) + "; choose another --db");
  }
  ::fchmod(file, 0600);  // an odd umask may have taken the owner's bits
  ::close(file);
  return true;
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    ::unlink((path + suffix).c_str());
  }
}

Status migrate(Database& database, const std::string& path) {
  const Result<int> before = read_version(database, path);
  if (!before) return tl::unexpected<Error>(before.error());
  if (*before == latest_version()) return {};
  if (*before == 0) {
    // In this order: inspect_file() reads the application id from the file itself.
    database.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    if (Status status = database.status(); !status) return status;
    if (Status status = use_wal(database); !status) return status;
  }
  Transaction transaction(database, Transaction::Kind::Write);
  const Result<int> version = read_version(database, path);  // another process may have been first
  if (!version) return tl::unexpected<Error>(version.error());
  for (const Migration& migration : migrations()) {
    if (migration.version <= *version) continue;
    database.execute(migration.sql);
    database.execute(("PRAGMA user_version = " + std::to_string(migration.version)).c_str());
  }
  return transaction.commit();
}

Status check_version(Database& database, const std::string& path) {
  const Result<int> version = read_version(database, path);
  if (!version) return tl::unexpected<Error>(version.error());
  if (*version == latest_version()) return {};
  return fail(path + " has schema " + std::to_string(*version) + ", this leaktap reads " +
              std::to_string(latest_version()) +
              "; leaktap scan with this --db brings it up to date");
}

}  // namespace leaktap
