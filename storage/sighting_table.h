// The sightings of one incident while findings are folded into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/hash_index.h"
#include "storage/incident.h"

namespace leaktap {

// What findings of one sighting agree in. Borrows its texts.
struct SightingView {
  std::uint32_t capture = 0;
  bool has_credential = false;
  Fingerprint fingerprint;
  std::string_view principal, home_tenant, accessed_tenant;
};

// Keeps at most `limit` sightings that differ by more than the capture. Traffic can make more of
// them; then the first by (fingerprint, principal, tenants) stay and the others become one without
// a credential, so that nothing is counted less and the order of adding cannot be seen.
class SightingTable {
 public:
  explicit SightingTable(std::uint64_t hash_seed, std::size_t limit);

  void add(const Finding& finding);
  void merge(SightingTable&& other);
  // In the order of captures; keys sorted and unique; not counted yet. Leaves the table empty.
  std::map<std::uint32_t, CaptureCount> take();
  [[nodiscard]] std::uint64_t keys() const;  // held, before they are made unique

 private:
  struct Seen {
    std::uint32_t capture = 0;
    Sighting sighting;
  };
  // Of `view`, or of the sighting without a credential where `view` is beyond the limit.
  Seen& seen(const SightingView& view, const CredentialSummary& credential, Timestamp time);
  void add_all(Seen&& other);
  // Brings the number of sightings back to the limit, once it is a quarter over it.
  void trim();
  [[nodiscard]] std::uint64_t hash_of(const SightingView& view) const;

  std::uint64_t hash_seed_;
  std::size_t limit_;
  std::size_t trim_at_;
  std::optional<Sighting> last_kept_;  // beyond it nothing is kept apart; set by trim()
  std::vector<Seen> seen_;
  HashIndex index_;
};

}  // namespace leaktap
