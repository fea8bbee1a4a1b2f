#include "detectors/credential.h"

#include <algorithm>
#include <cstring>

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

std::uint64_t load(const char* from, std::size_t size) {
  std::uint64_t word = 0;
  if (size > 0) std::memcpy(&word, from, size);
  return word;
}

// Multiplies to 128 bits and folds the halves, so that every bit of both reaches all of the result.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

std::string_view name_of(CredentialKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::uint64_t hash_of(std::string_view value, std::uint64_t seed) {
  // Digits of pi: nothing up our sleeve.
  constexpr std::uint64_t kA = 0x243f6a8885a308d3ULL;
  constexpr std::uint64_t kB = 0x13198a2e03707345ULL;
  const std::uint64_t key = kB ^ mix(seed ^ kA, kB);
  std::uint64_t state = kA ^ seed ^ value.size();
  const char* at = value.data();
  std::size_t left = value.size();
  for (; left > 16; at += 16, left -= 16) {
    state = mix(state ^ load(at, 8), key ^ load(at + 8, 8));
  }
  const std::size_t half = std::min<std::size_t>(left, 8);
  state = mix(state ^ load(at, half), key ^ load(at + half, left - half));
  return mix(state, kA);
}

std::string Fingerprint::hex() const {
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace leaktap
