// Limits of TCP reassembly.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace leaktap {

struct TcpLimits {
  std::size_t held_per_direction = 4 * 1024 * 1024;  // bytes waiting for earlier ones
  std::size_t total_bytes = 768 * 1024 * 1024;       // all connections with their streams
  std::uint32_t patience_packets = 64;  // packets of a connection before a stall is resolved
  std::chrono::nanoseconds patience = std::chrono::seconds(5);        // or this much packet time
  std::chrono::nanoseconds idle = std::chrono::minutes(10);           // without a packet: ended
  std::chrono::nanoseconds closed_linger = std::chrono::seconds(10);  // after RST or both FINs
  std::uint32_t window =
      1U << 30;  // a sequence number further away than this is not of this stream
};

}  // namespace leaktap
