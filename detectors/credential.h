// What a credential is to the rest of the program: a kind, a keyed fingerprint and a preview.
//
// The value itself lives only in a CredentialTable (bounded, wiped) and in the messages of an
// exchange in flight. Nothing that leaves this folder carries it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leaktap {

enum class CredentialKind : std::uint8_t {
  Jwt,
  BearerToken,  // opaque Authorization: Bearer
  ApiKey,
  AccessToken,
  RefreshToken,
  ClientSecret,
  Password,
  Basic,  // the user:password pair of Basic authentication
  Digest,
  SessionCookie,
  PrivateKey,
  SignedUrl,
  AuthorizationCode,
  WebhookUrl,
  CloudKey,  // secret access keys of cloud providers
  kCount
};
std::string_view name_of(CredentialKind kind);  // "jwt", "bearer-token", "api-key", …

enum class Sensitivity : std::uint8_t { Secret, Publishable, Identifier };

// HMAC-SHA256 of the value, the first 16 bytes.
struct Fingerprint {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Fingerprint&) const = default;
  [[nodiscard]] std::string hex() const;
};

// For tables in memory: fast and not cryptographic. Where strangers choose the values, pass a
// secret seed.
std::uint64_t hash_of(std::string_view value, std::uint64_t seed = 0);

// How we know that a value is a credential, weakest first; detections.md, "What is a credential".
enum class Basis : std::uint8_t {
  AmbiguousName,    // rule 6: key, token, sig … with length and entropy
  UnambiguousName,  // rule 5: api_key, access_token …
  Place,            // rule 4: Authorization, X-API-Key, client_secret, password …
  Format,           // rule 3: a provider's format, with its checksum where it has one
  Jwt,              // rule 2
  Equal,            // rule 1: equal to another credential of the same exchange
};

// A credential as incidents and evidence know it.
struct CredentialSummary {
  CredentialKind kind = CredentialKind::ApiKey;
  std::string_view provider;  // of static storage; empty if unknown
  Sensitivity sensitivity = Sensitivity::Secret;
  Fingerprint fingerprint;  // all zero for passwords: they get none
  std::string preview;      // "ghp_…(40)"; "‹password›" without a length for passwords
};

}  // namespace leaktap
