// The only place that turns a value into what may be stored of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "capture/result.h"
#include "detectors/credential.h"

namespace leaktap {

using FingerprintKey = std::array<std::uint8_t, 32>;

// Computes HMAC-SHA256 with the two padded key blocks hashed once. One instance a thread.
class Fingerprinter {
 public:
  explicit Fingerprinter(const FingerprintKey& key);
  ~Fingerprinter();
  Fingerprinter(Fingerprinter&&) noexcept;
  Fingerprinter& operator=(Fingerprinter&&) noexcept;
  [[nodiscard]] Fingerprint of(std::string_view value) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `prefix` is the provider's public prefix ("ghp_", "eyJ", "Basic ", or empty); never more of the
// value. "ghp_…(40)". Passwords and Basic pairs: "‹password›" and "‹basic›", no length.
std::string preview_of(CredentialKind kind, std::string_view prefix, std::size_t length);

// Overwrites a value that is no longer wanted, in a way that no optimiser leaves out, and empties
// it.
void wipe(std::string& value);

}  // namespace leaktap
