#include <cstring>

#include "capture/segment.h"

// Multiply-and-fold, as in wyhash: a 64x64 bit product whose halves are xored. Every factor has
// a part of the seed in it: with constants in its place, whoever knows them could choose an address
// that makes one factor zero, and the other input would no longer count.

namespace leaktap {

namespace {

constexpr std::uint64_t kOdd1 = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOdd2 = 0xd6e8feb86659fd93;
constexpr std::uint64_t kOdd3 = 0xa0761d6478bd642f;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t hash_flow(const FlowKey& key, std::uint64_t seed) {
  static_assert(sizeof(FlowKey) == 36, "hashed as 36 bytes without padding");
  std::uint64_t words[4];
  std::uint32_t last = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&key);
  std::memcpy(words, bytes, sizeof words);
  std::memcpy(&last, bytes + sizeof words, sizeof last);

  const std::uint64_t first = fold(words[0] ^ (seed + kOdd1), words[1] ^ (seed * kOdd2));
  const std::uint64_t second = fold(words[2] ^ (seed * kOdd3), words[3] ^ ~(seed + kOdd2));
  return fold(first ^ last ^ kOdd3, second ^ (seed * kOdd1));
}

}  // namespace leaktap
