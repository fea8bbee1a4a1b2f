#include "detectors/principal.h"

#include <string>

namespace leaktap {

std::string_view PrincipalNames::of(const Credential& credential) const {
  constexpr std::size_t kDigits = 8;
  if (!credential.principal.empty()) return credential.principal;
  const JwtClaims* claims = credential.claims ? &*credential.claims : nullptr;
  if (claims == nullptr || (claims->subject.empty() && claims->client_id.empty())) {
    credential.principal = "key-" + credential.fingerprint.hex().substr(0, kDigits);
    return credential.principal;
  }
  const std::string& subject = claims->subject.empty() ? claims->client_id : claims->subject;
  // The issuer belongs to the name: two issuers may both have a user 1.
  credential.principal =
      in_clear_
          ? subject
          : "user-" + fingerprinter_.of(claims->issuer + '\n' + subject).hex().substr(0, kDigits);
  return credential.principal;
}

}  // namespace leaktap
