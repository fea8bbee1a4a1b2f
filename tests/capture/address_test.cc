#include "capture/address.h"

#include <catch2/catch.hpp>

namespace leaktap {
namespace {

IpAddress v6(std::initializer_list<std::uint8_t> first, std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(first.begin(), first.end(), bytes.begin());
  bytes[15] = last;
  return IpAddress::v6(bytes);
}

IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  const std::uint8_t bytes[] = {a, b, c, d};
  return IpAddress::v4(bytes);
}

TEST_CASE("addresses are written the usual way and know what they are") {
  auto [address, text, is_v4, is_loopback] = GENERATE(table<IpAddress, std::string, bool, bool>({
      {v4(10, 0, 0, 255), "10.0.0.255", true, false},
      {v4(127, 0, 0, 1), "127.0.0.1", true, true},
      {v4(127, 9, 9, 9), "127.9.9.9", true, true},
      {v6({}, 1), "::1", false, true},
      {v6({}, 0), "::", false, false},
      {v6({0x20, 0x01, 0x0d, 0xb8}, 7), "2001:db8::7", false, false},
  }));
  CHECK(to_string(address) == text);
  CHECK(address.is_v4() == is_v4);
  CHECK(address.is_loopback() == is_loopback);
}

TEST_CASE("endpoints are ordered by address, then port") {
  CHECK(Endpoint{v4(10, 0, 0, 1), 9} < Endpoint{v4(10, 0, 0, 2), 1});
  CHECK(Endpoint{v4(10, 0, 0, 1), 1} < Endpoint{v4(10, 0, 0, 1), 9});
}

}  // namespace
}  // namespace leaktap
