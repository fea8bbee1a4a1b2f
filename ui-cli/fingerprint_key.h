// The key of the fingerprints: from a file, an environment variable, or made once for this user.
//
// Runs that share a key agree on what is the same credential. It lives outside the database, so
// that the database alone does not let anybody test guesses.
#pragma once

#include <optional>
#include <string>

#include "capture/result.h"
#include "detectors/fingerprint.h"

namespace leaktap {

struct LoadedKey {
  FingerprintKey key{};
  std::string warning;  // empty if all is well
};

// `choice` is FILE, env:NAME, or nothing for the default: leaktap/fingerprint.key in
// $XDG_STATE_HOME or
// ~/.local/state, created with mode 0600 if it is not there. A key is written as 64 hex digits.
Result<LoadedKey> load_fingerprint_key(const std::optional<std::string>& choice);

}  // namespace leaktap
