// Judges a named value: is it a credential, of which kind, and how do we know?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "detectors/credential.h"

namespace leaktap {

// What a name says of its value (detections.md, "What is a credential", 4 to 6).
enum class NameClass : std::uint8_t {
  Nothing,
  OnlyCredentials,  // client_secret, password, refresh_token …
  Unambiguous,      // api_key, access_token, auth_token …
  Ambiguous,        // key, token, sig, auth, secret …
  Never,            // csrf, idempotency, page tokens, cursors, site keys …
};

struct NameVerdict {
  NameClass name_class = NameClass::Nothing;
  CredentialKind kind = CredentialKind::ApiKey;
};

// Splits the name into words (api_key, apiKey, X-Api-Key, api.key alike).
NameVerdict judge_name(std::string_view name);

// A header that holds only credentials: X-API-Key and its kin. Not Authorization and Cookie, which
// have a syntax of their own. `name` in lower case.
std::optional<CredentialKind> credential_header(std::string_view name);
// A cookie that names a session or token ("sessionid", "JSESSIONID", "connect.sid",
// "access_token").
std::optional<CredentialKind> credential_cookie(std::string_view name);

// example, changeme, xxxx, <…>, ${…}, {{…}}, YOUR_API_KEY, documented samples. The whole value.
bool is_placeholder(std::string_view value);
// Rule 6: 16 or more characters, entropy of at least 0.75 × log2(min(length, alphabet of its
// class)), no UUID, number, date, locale.
bool looks_random(std::string_view value);
// Words, camelCase and the punctuation between them, rather than random letters:
// "createdAtDescending", "my-first-post", "alice1987@example.com".
bool looks_like_words(std::string_view text);
double shannon_bits_per_character(std::string_view value);
// Length × log2 of the alphabet that the value draws on: an upper bound of its strength in bits.
double estimated_bits(std::string_view value);

struct ValueVerdict {
  CredentialKind kind = CredentialKind::ApiKey;
  Basis basis = Basis::AmbiguousName;
};
// A value with a name and no known format. nullopt: no credential.
std::optional<ValueVerdict> judge_named_value(std::string_view name, std::string_view value);

}  // namespace leaktap
