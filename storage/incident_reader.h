// Incidents as the store gives them back.
#pragma once

#include <string>
#include <vector>

#include "storage/evidence_rows.h"
#include "storage/incident_store.h"
#include "storage/sqlite.h"

namespace leaktap {

class IncidentReader {
 public:
  // Both must outlive it; `path` is for messages.
  IncidentReader(Database& database, const std::string& path);

  Result<std::vector<StoredIncident>> list(const IncidentFilter& filter);
  Result<StoredIncident> find(const std::string& id);

 private:
  Result<StoredIncident> read(const Statement& row);
  Status read_captures(Incident& incident);
  Status read_sightings(Incident& incident);
  [[nodiscard]] tl::unexpected<Error> unknown_word(const std::string& what) const;

  Database& database_;
  const std::string& path_;
  EvidenceReader evidence_;
  Statement captures_, sightings_;
};

}  // namespace leaktap
