// JSON Web Tokens (RFC 7519) as seen on the wire: decoded, never verified here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leaktap {

struct JwtClaims {
  std::string algorithm;  // header member "alg"
  std::string type;       // header member "typ"
  std::string issuer, subject, client_id;
  std::optional<std::int64_t> expires, not_before, issued;  // NumericDate, seconds
  // Every string or number claim of the payload, and members of nested objects as "a.b", in order;
  // bounded to 100.
  std::vector<std::pair<std::string, std::string>> claims;
  std::vector<std::string> roles;  // of role, roles, scope, permissions, realm_access.roles
};

// Three parts of base64url whose first decodes to a JSON object with "alg" (JWS compact form), the
// second to a JSON object. Five parts (JWE) give claims without payload. nullopt for anything else;
// for a session of itsdangerous, which looks alike, too.
std::optional<JwtClaims> parse_jwt(std::string_view value);

}  // namespace leaktap
