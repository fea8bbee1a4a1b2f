#include "detectors/credential.h"

#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(CredentialKind::kCount)> kNames = {
    "jwt",
    "bearer-token",
    "api-key",
    "access-token",
    "refresh-token",
    "client-secret",
    "password",
    "basic",
    "digest",
    "session-cookie",
    "private-key",
    "signed-url",
    "authorization-code",
    "webhook-url",
    "cloud-key"};

}  // namespace

std::string_view name_of(CredentialKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::string Fingerprint::hex() const {
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace leaktap
