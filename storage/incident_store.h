// Incidents in SQLite. One writer; readers never block it (WAL). storage/README.md documents the
// schema.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "capture/result.h"
#include "storage/incident.h"

namespace leaktap {

struct RunRecord {
  std::string version;       // of leaktap
  std::string options_json;  // without values of credentials
  std::string coverage_json;
  Timestamp started;  // wall clock, of the run; the only one in the database
};

struct IncidentFilter {
  std::optional<Severity> min_severity = {};
  std::optional<std::string> detector = {}, service = {}, status = {};
  bool include_controls = true;
};

// An incident as read back, with its evidence's captures by name. Captures are known by
// captures.id: the keys of Incident::by_capture, PacketRef::capture and EvidenceOrigin::capture.
// Keys of findings are not read.
struct StoredIncident {
  Incident incident;
  std::vector<std::string> evidence_captures;  // path of the capture of each evidence row's frames
};

class IncidentStore {
 public:
  enum class Mode { ReadWrite, ReadOnly };
  // Creates the file with mode 0600 if it is not there (ReadWrite only; ":memory:" is none).
  // Errors: no database (`x.db is not a leaktap database`), from a newer version, locked for more
  // than 5 s, not writable, a folder; each names the file and the cure. ReadOnly creates no file,
  // waits for no writer, and needs no right to write.
  static Result<IncidentStore> open(const std::string& path, Mode mode);
  IncidentStore(IncidentStore&&) noexcept;
  IncidentStore& operator=(IncidentStore&&) noexcept;
  ~IncidentStore();

  // Writes the outcome of a scan in one transaction: the rows of captures with the same content_id
  // are replaced, findings that several captures in the database have are counted once, totals are
  // derived anew. What was acknowledged or resolved and counts in a capture that is new here is
  // `reopened`. Incident::by_capture and PacketRef::capture index `captures`.
  Status save_run(const RunRecord& run, const std::vector<CaptureInfo>& captures,
                  const std::vector<Incident>& incidents);
  // Live: adds what a fold has gathered since the last call to the capture with this content_id.
  // The incidents hold only new findings; one that comes again within the last 65,536, surer than
  // before, counts once. Keys are not stored: a live capture takes no part in counting overlaps.
  Status add_live(const RunRecord& run, const CaptureInfo& capture,
                  const std::vector<Incident>& incidents);

  Result<std::vector<StoredIncident>> list(
      const IncidentFilter& filter);  // severity, then confidence, then key
  // `id` may be a unique prefix of at least 4 digits.
  Result<StoredIncident> find(const std::string& id);

 private:
  struct Impl;
  static Result<IncidentStore> open_for_writing(const std::string& path);
  explicit IncidentStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
