// Limits of TCP reassembly.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace leaktap {

struct TcpLimits {
  std::size_t held_per_direction = 4 * 1024 * 1024;  // bytes waiting for earlier ones
  std::size_t total_bytes = 768 * 1024 * 1024;       // all connections with their streams
  // Payload of a connection that may come before a stall is resolved. Counted in bytes, not in
  // packets, so that it does not matter how the stream was cut.
  std::size_t patience_bytes = 256 * 1024;
  std::chrono::nanoseconds patience = std::chrono::seconds(5);        // or this much packet time
  std::chrono::nanoseconds idle = std::chrono::minutes(10);           // without a packet: ended
  std::chrono::nanoseconds closed_linger = std::chrono::seconds(10);  // after RST or both FINs
  std::uint32_t window =
      1U << 30;  // a sequence number further away than this is not of this stream
};

}  // namespace leaktap
