// Evidence as rows of the table `evidence`, and back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/incident.h"
#include "storage/sqlite.h"

namespace leaktap {

class EvidenceWriter {
 public:
  explicit EvidenceWriter(Database& database);

  // The captures of `frames` and `origin` are indices; `capture_ids` gives their captures.id.
  // Evidence of a finding that a row of this incident has already is written only if it is surer.
  void write(const std::string& incident, const EvidenceOrigin& origin, const Evidence& evidence,
             const std::vector<std::int64_t>& capture_ids);
  // Leaves the first `limit` rows by confidence and time.
  void trim(const std::string& incident, std::size_t limit);

 private:
  Statement same_, remove_, insert_, trim_;
};

class EvidenceReader {
 public:
  explicit EvidenceReader(Database& database);

  // Captures of frames are captures.id. `paths` gets the path of the capture of each row.
  void read(Incident& incident, std::vector<std::string>& paths);

 private:
  std::vector<PacketRef> frames(const std::string& json);

  Statement rows_, pairs_, values_;
};

}  // namespace leaktap
