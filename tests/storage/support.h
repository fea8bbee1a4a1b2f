// What the tests of storage share: made-up findings, and incidents as short text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/incident_fold.h"
#include "storage/incident_store.h"
#include "storage/sqlite.h"

namespace leaktap::test {

// A finding that owns its texts, and makes its evidence.
struct OwnedFinding : EvidenceSource {
  DetectorId detector = DetectorId::CredentialInUrl;
  Severity severity = Severity::High;
  Confidence confidence = Confidence::Proof;
  std::string service = "orders", host = "api.example.com", method = "GET",
              route = "/v1/items/{id}";
  std::string location = "query:access_token";
  CredentialSummary credential;
  Outcome outcome = Outcome::Accepted;
  std::string principal, home, accessed;
  std::int64_t second = 0;  // of packet time
  std::uint32_t capture = 0;
  std::uint64_t key = 0;
  mutable int evidence_made = 0;

  [[nodiscard]] Finding view() const;
  [[nodiscard]] Evidence evidence() const override;
};

// A finding of credential number `credential` with this key, at second `key`.
OwnedFinding finding(std::uint64_t key, std::uint8_t credential = 1);
CredentialSummary credential(std::uint8_t number);
std::vector<Incident> fold(const std::vector<OwnedFinding>& findings,
                           const IncidentLimits& limits = {});

CaptureInfo capture(const std::string& content_id, std::int64_t first, std::int64_t last);
RunRecord run();
Timestamp at(std::int64_t second);

// "critical proof credential-in-url orders GET /v1 query:token api-key x3+1 open"
std::string line(const Incident& incident);
// Everything that must survive folding in another order and a way through the database.
// Captures are left out: their numbers differ between a run and a database.
std::string full_text(const Incident& incident);
std::vector<StoredIncident> listed(IncidentStore& store, const IncidentFilter& filter = {});
std::vector<std::string> lines(IncidentStore& store);
std::vector<std::string> full_texts(IncidentStore& store);
std::vector<std::string> full_texts(const std::vector<Incident>& incidents);

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const;  // names, sorted

 private:
  std::string path_;
};

IncidentStore open_store(const std::string& path,
                         IncidentStore::Mode mode = IncidentStore::Mode::ReadWrite);
std::string open_error(const std::string& path,
                       IncidentStore::Mode mode = IncidentStore::Mode::ReadWrite);
// Runs SQL on the file, as another program would.
void execute(const std::string& path, const std::string& sql);
std::int64_t integer(const std::string& path, const std::string& sql);

}  // namespace leaktap::test
