// Whom a credential speaks for, under a pseudonym (design.md §2, "principal").
#pragma once

#include <string_view>

#include "detectors/credential_table.h"
#include "detectors/fingerprint.h"

namespace leaktap {

class PrincipalNames {
 public:
  // `fingerprinter` must outlive it. `in_clear`: subjects as they are (--show-principals).
  PrincipalNames(const Fingerprinter& fingerprinter, bool in_clear)
      : fingerprinter_(fingerprinter), in_clear_(in_clear) {}

  // "user-3f2a91bc" for a token with a subject, "key-…" by fingerprint for anything else. Kept with
  // the credential; lives as long as it.
  std::string_view of(const Credential& credential) const;

 private:
  const Fingerprinter& fingerprinter_;
  bool in_clear_;
};

}  // namespace leaktap
