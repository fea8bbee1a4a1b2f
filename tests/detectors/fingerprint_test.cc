#include "detectors/fingerprint.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace leaktap {
namespace {

FingerprintKey key_of(std::string_view text) {
  FingerprintKey key{};
  std::copy(text.begin(), text.end(), key.begin());
  return key;
}

TEST_CASE("A fingerprint is the first half of HMAC-SHA256") {
  // RFC 4231 §4.3; its key of 4 bytes is padded with zeros, as HMAC itself would do.
  const Fingerprinter rfc(key_of("Jefe"));
  CHECK(rfc.of("what do ya want for nothing?").hex() == "5bdcc146bf60754e6a042426089575c7");
  // RFC 4231 §4.2.
  const Fingerprinter other(key_of(std::string(20, '\x0b')));
  CHECK(other.of("Hi There").hex() == "b0344c61d8db38535ca8afceaf0bf12b");
}

TEST_CASE("The same value has the same fingerprint, whatever came between") {
  const Fingerprinter one(key_of("one"));
  const Fingerprinter two(key_of("two"));
  const Fingerprint first = one.of("value");
  CHECK(one.of("other") != first);
  CHECK(one.of("") != first);
  CHECK(one.of(std::string(100000, 'x')) != first);
  CHECK(one.of("value") == first);
  CHECK(two.of("value") != first);
  CHECK(first != Fingerprint{});
}

TEST_CASE("A preview shows a public prefix and a length") {
  CHECK(preview_of(CredentialKind::AccessToken, "ghp_", 40) == "ghp_…(40)");
  CHECK(preview_of(CredentialKind::ApiKey, "", 32) == "…(32)");
}

TEST_CASE("A preview of a password shows nothing") {
  CHECK(preview_of(CredentialKind::Password, "", 8) == "‹password›");
  CHECK(preview_of(CredentialKind::Basic, "Basic ", 30) == "‹basic›");
}

TEST_CASE("wipe overwrites before it empties") {
  std::string value(100, 's');
  const char* const bytes = value.data();
  wipe(value);
  CHECK(value.empty());
  CHECK(value.data() == bytes);
  CHECK(value.capacity() >= 100);
}

TEST_CASE("Fingerprints a second", "[.bench]") {
  const Fingerprinter fingerprinter(key_of("bench"));
  for (const std::size_t size : {40U, 400U}) {
    const std::string value(size, 'v');
    const auto start = std::chrono::steady_clock::now();
    constexpr unsigned kRounds = 200000;
    unsigned sum = 0;
    for (unsigned i = 0; i < kRounds; ++i) sum += fingerprinter.of(value).bytes[0];
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    CHECK(sum > 0);
    WARN(size << " bytes: " << took.count() / kRounds << " ns");
  }
}

}  // namespace
}  // namespace leaktap
