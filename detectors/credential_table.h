// Values seen by one worker, with what was computed of them once: format, fingerprint, claims.
//
// A cache and nothing more: what it says of a value depends on the value alone, so that results are
// the same whatever was evicted. Bounded; values are wiped when they go.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/credential.h"
#include "detectors/fingerprint.h"
#include "detectors/jwt.h"
#include "detectors/needle_search.h"
#include "detectors/rule_matcher.h"

namespace leaktap {

// What a value is by itself.
struct Credential {
  std::string value;
  const Rule* rule = nullptr;       // its format, if it has a known one
  std::optional<JwtClaims> claims;  // if it is a JWT
  Fingerprint fingerprint;
  bool placeholder = false;

  // Worked out when first asked for, by the one thread that owns the table.
  const std::vector<EncodedForm>& forms() const;  // in which it can be found again
  mutable std::string principal;  // pseudonym of whom it speaks for; filled in by the inspector

 private:
  mutable std::vector<EncodedForm> forms_;
  mutable bool has_forms_ = false;
};

class CredentialTable {
 public:
  // Both must outlive the table. `max_bytes` bounds the values of a generation; at most two are
  // kept, and those that exchanges in flight still hold.
  CredentialTable(RuleMatcher& matcher, const Fingerprinter& fingerprinter, std::size_t max_bytes);
  ~CredentialTable();

  // Keeps every Credential alive that was looked up through it. One an exchange in flight.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();

   private:
    friend class CredentialTable;
    struct Generation;
    Generation* generation_ = nullptr;
  };
  Lease lease();
  // Never null; the same pointer for the same value within a lease.
  const Credential* look_up(const Lease& lease, std::string_view value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
