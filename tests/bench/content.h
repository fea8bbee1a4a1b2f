// What goes over the wire in the captures that make_capture writes: words,
// documents, tokens and keys. Everything follows from the random numbers that
// are passed in; no token that could be taken for a real one stands in the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leaktap::bench {

// SplitMix64: the same numbers with every compiler and library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 .. limit - 1
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  // low .. high, both included
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  // low .. high so that every doubling is as likely as any other
  std::uint64_t log_between(std::uint64_t low, std::uint64_t high);
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // True in `n` of 100,000 cases.
  bool per_100k(std::uint64_t n) { return below(100'000) < n; }
  std::string text(std::size_t size, std::string_view alphabet);

  template <typename Container>
  const auto& pick(const Container& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

inline constexpr std::string_view kHex = "0123456789abcdef";
inline constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::string base64url(std::string_view bytes);
std::string uuid(Random& random);

// A structurally valid JWT; its signature is random. Valid for twelve hours around `now`.
std::string make_jwt(Random& random, std::string_view subject, std::string_view tenant,
                     std::uint64_t now_seconds);

// A token in a provider's format: GitHub (with its CRC32 checksum), AWS or Slack.
std::string make_provider_secret(Random& random);

// The GitHub scheme: prefix, 30 random characters, their CRC32 in six base62 digits.
std::string make_github_token(Random& random, std::string_view prefix);

enum class DocumentKind { Json, Html, JavaScript };

// Documents puts bodies together from fragments that are made once. `planted`
// stands in the middle of the document as the value of a member that invites no
// suspicion by its name; empty plants nothing.
class Documents {
 public:
  explicit Documents(Random& random);
  // About `size` bytes, well-formed.
  void build(Random& random, DocumentKind kind, std::size_t size, std::string_view planted,
             std::string& out) const;

 private:
  std::vector<std::string> json_, html_, javascript_;
};

}  // namespace leaktap::bench
