// What decoding makes of a frame: a TCP segment with its flow.
#pragma once

#include <array>
#include <cstdint>

#include "capture/address.h"
#include "capture/packet.h"

namespace leaktap {

// The two endpoints of a connection, the lower one first, so that both directions have one key.
struct FlowKey {
  Endpoint low, high;

  bool operator==(const FlowKey&) const = default;
};

// Hash of a flow key, keyed with a seed drawn at the start of the process, so that nobody can
// choose addresses that collide. Used for tables and for the choice of a worker, never for
// identity.
std::uint64_t hash_flow(const FlowKey& key, std::uint64_t seed);

enum TcpFlag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32 };

// One TCP segment (RFC 9293 §3.1). Borrows `payload` from the packet's batch.
struct SegmentView {
  FlowKey key;
  bool from_low = false;  // sent by key.low
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  Bytes payload;
  std::uint32_t payload_missing = 0;    // bytes on the wire behind `payload` that were not captured
  std::array<std::uint16_t, 2> vlan{};  // VLAN ids, outer first; 0 where there is none
  Timestamp seen;
  PacketRef ref;

  [[nodiscard]] bool has(TcpFlag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] const Endpoint& source() const { return from_low ? key.low : key.high; }
  [[nodiscard]] const Endpoint& destination() const { return from_low ? key.high : key.low; }
};

}  // namespace leaktap
