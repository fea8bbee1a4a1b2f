// IP addresses and endpoints.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "capture/bytes.h"

namespace leaktap {

// An IPv4 or IPv6 address. IPv4 is kept as an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), so
// that the pipeline compares sixteen bytes and never asks which kind it is.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress v4(Bytes four);     // exactly 4 bytes, network order
  static IpAddress v6(Bytes sixteen);  // exactly 16 bytes, network order
  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] bool is_loopback() const;  // 127.0.0.0/8 and ::1

  auto operator<=>(const IpAddress&) const = default;
};

// RFC 5952 form for IPv6, dotted quad for IPv4.
std::string to_string(const IpAddress& address);

struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace leaktap
