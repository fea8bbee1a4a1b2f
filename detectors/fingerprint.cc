#include "detectors/fingerprint.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace leaktap {
namespace {

constexpr std::size_t kBlock = 64;  // of SHA-256, FIPS 180-4
using Digest = std::array<std::uint8_t, 32>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// SHA-256 that has taken in the key block of HMAC (RFC 2104 §2) and waits for the rest.
Context keyed(const FingerprintKey& key, std::uint8_t pad, const EVP_MD* sha256) {
  std::array<std::uint8_t, kBlock> block{};
  std::copy(key.begin(), key.end(), block.begin());
  for (std::uint8_t& byte : block) byte = static_cast<std::uint8_t>(byte ^ pad);
  Context context(EVP_MD_CTX_new());
  const bool ok = context && EVP_DigestInit_ex(context.get(), sha256, nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1;
  OPENSSL_cleanse(block.data(), block.size());
  return ok ? std::move(context) : nullptr;
}

bool finish(const Context& keyed_context, const Context& work, const void* data, std::size_t size,
            Digest& digest) {
  return keyed_context && work && EVP_MD_CTX_copy_ex(work.get(), keyed_context.get()) == 1 &&
         EVP_DigestUpdate(work.get(), data, size) == 1 &&
         EVP_DigestFinal_ex(work.get(), digest.data(), nullptr) == 1;
}

}  // namespace

struct Fingerprinter::State {
  Context inner, outer, work;
};

Fingerprinter::Fingerprinter(const FingerprintKey& key) : state_(std::make_unique<State>()) {
  // Fetched once: EVP_sha256() alone looks the implementation up on every copy.
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  state_->inner = keyed(key, 0x36, sha256);
  state_->outer = keyed(key, 0x5c, sha256);
  state_->work = Context(EVP_MD_CTX_new());
  EVP_MD_free(sha256);
}

Fingerprinter::~Fingerprinter() = default;
Fingerprinter::Fingerprinter(Fingerprinter&&) noexcept = default;
Fingerprinter& Fingerprinter::operator=(Fingerprinter&&) noexcept = default;

Fingerprint Fingerprinter::of(std::string_view value) const {
  Digest digest{};
  const bool ok = finish(state_->inner, state_->work, value.data(), value.size(), digest) &&
                  finish(state_->outer, state_->work, digest.data(), digest.size(), digest);
  // SHA-256 fails only without memory or without a provider; an all-zero fingerprint says "none".
  assert(ok);
  if (!ok) digest.fill(0);
  Fingerprint fingerprint;
  std::copy_n(digest.begin(), fingerprint.bytes.size(), fingerprint.bytes.begin());
  OPENSSL_cleanse(digest.data(), digest.size());
  return fingerprint;
}

std::string preview_of(CredentialKind kind, std::string_view prefix, std::size_t length) {
  if (kind == CredentialKind::Password) return "‹password›";
  if (kind == CredentialKind::Basic) return "‹basic›";
  return std::string(prefix) + "…(" + std::to_string(length) + ")";
}

void wipe(std::string& value) {
  OPENSSL_cleanse(value.data(), value.size());
  value.clear();
}

}  // namespace leaktap
