// The rows of one run, written within one transaction of the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/evidence_rows.h"
#include "storage/incident.h"
#include "storage/incident_store.h"
#include "storage/sqlite.h"

namespace leaktap {

class IncidentWriter {
 public:
  // All must outlive it. `live` adds to what the capture has and keeps no keys.
  enum class Mode { Replace, Live };
  IncidentWriter(Database& database, Mode mode);

  // First the captures, in the order of the run's list, then the incidents, then finish().
  void put_run(const RunRecord& run, const std::vector<CaptureInfo>& captures);
  void put(const Incident& incident);
  // Counts anew what overlapping captures share, derives totals, changes the status of what was
  // seen again, removes what nothing refers to any more.
  void finish();

 private:
  void put_capture(const CaptureInfo& capture, std::int64_t run);
  void clear_capture(std::int64_t capture);
  std::int64_t route_of(const IncidentKey& key);
  std::int64_t credential_of(const CredentialSummary& credential);
  void put_sighting(const std::string& incident, std::int64_t capture, const Sighting& sighting);
  void put_count(const std::string& incident, std::int64_t capture, const CaptureCount& count);
  void find_overlapping();
  void recount(const std::string& incident);
  void change_status(const std::string& incident);

  Database& database_;
  Mode mode_;
  std::vector<std::int64_t> capture_ids_;  // by index in the run's list
  std::set<std::int64_t> saved_, new_;     // captures of this run; those not in the database before
  std::set<std::int64_t>
      overlapping_;                 // saved_ and all that share time with them, if there are others
  std::set<std::string> affected_;  // incidents whose rows changed
  std::set<std::string> grown_;     // live: incidents with new findings
  bool removed_ = false;            // rows of an earlier scan are gone
  EvidenceWriter evidence_;
  Statement find_capture_, insert_capture_, update_capture_;
  Statement find_service_, insert_service_, find_route_, insert_route_;
  Statement insert_incident_, find_credential_, insert_credential_;
  Statement find_sighting_, update_sighting_, insert_sighting_, put_count_;
  Statement captures_of_, sightings_of_, set_sighting_, set_count_;
  Statement derive_, status_, count_in_, set_status_;
};

}  // namespace leaktap
