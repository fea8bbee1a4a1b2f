// What became of every packet: one counter a fate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leaktap {

enum class PacketFate : std::uint8_t {
  Tcp,              // a TCP segment, given on
  Filtered,         // not matched by --filter, --since or --until
  Udp,              // UDP, not looked into
  OtherProtocol,    // neither TCP nor UDP over IP
  NotIp,            // ARP, LLDP, unknown EtherType
  Fragment,         // part of a fragmented IP datagram
  UnknownLinkType,  // a link type that is not supported
  TooShort,         // cut before the TCP header was complete
  Malformed,        // header fields that contradict each other
  kCount
};

std::string_view name_of(PacketFate fate);  // snake_case, as in the JSON output

struct CaptureStats {
  std::array<std::uint64_t, static_cast<std::size_t>(PacketFate::kCount)> by_fate{};
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;            // captured bytes
  std::uint64_t snapped_packets = 0;  // captured shorter than they were on the wire

  void count(PacketFate fate) { ++by_fate[static_cast<std::size_t>(fate)]; }
  [[nodiscard]] std::uint64_t of(PacketFate fate) const {
    return by_fate[static_cast<std::size_t>(fate)];
  }
};

}  // namespace leaktap
