#include <catch2/catch.hpp>
#include <set>

#include "capture/segment.h"

namespace leaktap {
namespace {

FlowKey key_of(std::uint8_t host, std::uint16_t port) {
  const std::uint8_t low[] = {10, 0, 0, 1};
  const std::uint8_t high[] = {10, 0, 1, host};
  return {{IpAddress::v4(low), 80}, {IpAddress::v4(high), port}};
}

TEST_CASE("hash_flow spreads neighbouring flows evenly, by its high and by its low bits") {
  std::set<std::uint64_t> seen;
  std::size_t by_low_bits[16] = {};
  std::size_t by_high_bits[16] = {};
  for (int host = 0; host < 64; ++host) {
    for (int port = 0; port < 1024; ++port) {
      const std::uint64_t hash = hash_flow(
          key_of(static_cast<std::uint8_t>(host), static_cast<std::uint16_t>(32768 + port)), 42);
      seen.insert(hash);
      ++by_low_bits[hash & 15];
      ++by_high_bits[hash >> 60];
    }
  }
  CHECK(seen.size() == 65536);
  for (int i = 0; i < 16; ++i) {  // 4096 are expected, with a standard deviation of 62
    CHECK(by_low_bits[i] == Approx(4096).margin(400));
    CHECK(by_high_bits[i] == Approx(4096).margin(400));
  }
}

TEST_CASE("every byte of the key and the seed count in hash_flow") {
  const FlowKey key = key_of(5, 1024);
  const std::uint64_t hash = hash_flow(key, 42);
  CHECK(hash_flow(key, 42) == hash);
  CHECK(hash_flow(key, 43) != hash);
  for (std::size_t i = 0; i < 16; ++i) {
    FlowKey low = key, high = key;
    low.low.ip.bytes[i] ^= 1;
    high.high.ip.bytes[i] ^= 1;
    CHECK(hash_flow(low, 42) != hash);
    CHECK(hash_flow(high, 42) != hash);
  }
  FlowKey low = key, high = key;
  low.low.port ^= 256;
  high.high.port ^= 256;
  CHECK(hash_flow(low, 42) != hash);
  CHECK(hash_flow(high, 42) != hash);
  CHECK(hash_flow({}, 0) != hash_flow({}, 1));
}

}  // namespace
}  // namespace leaktap
