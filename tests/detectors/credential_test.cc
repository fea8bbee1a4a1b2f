#include "detectors/credential.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace leaktap {
namespace {

TEST_CASE("Every kind has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(CredentialKind::kCount); ++i) {
    const std::string_view name = name_of(static_cast<CredentialKind>(i));
    CHECK_FALSE(name.empty());
    CHECK(names.insert(name).second);
  }
  CHECK(name_of(CredentialKind::Jwt) == "jwt");
  CHECK(name_of(CredentialKind::AuthorizationCode) == "authorization-code");
  CHECK(name_of(CredentialKind::CloudKey) == "cloud-key");
}

TEST_CASE("A fingerprint is written in 32 hex digits") {
  Fingerprint fingerprint;
  CHECK(fingerprint.hex() == std::string(32, '0'));
  fingerprint.bytes[0] = 0xab;
  fingerprint.bytes[15] = 0x01;
  CHECK(fingerprint.hex() == "ab" + std::string(28, '0') + "01");
}

TEST_CASE("The ways to know a credential are ordered, weakest first") {
  CHECK(Basis::AmbiguousName < Basis::UnambiguousName);
  CHECK(Basis::UnambiguousName < Basis::Place);
  CHECK(Basis::Place < Basis::Format);
  CHECK(Basis::Format < Basis::Jwt);
  CHECK(Basis::Jwt < Basis::Equal);
}

}  // namespace
}  // namespace leaktap
