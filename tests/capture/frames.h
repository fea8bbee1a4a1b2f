// Frames for tests, put together from layers: ethernet(kIpv4, ipv4(kTcp, tcp("GET /"))).
#pragma once

#include <cstdint>
#include <string>

#include "capture/bytes.h"
#include "capture/packet.h"

namespace leaktap::test {

inline std::string be16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
inline std::string be32(std::size_t value) { return be16(value >> 16) + be16(value); }

inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;

struct TcpFields {
  std::uint16_t source = 1024;
  std::uint16_t destination = 80;
  std::uint32_t sequence = 1;
  std::uint8_t flags = 0x18;  // PSH ACK
  std::string options{};      // a multiple of four bytes
};

inline std::string tcp(const std::string& payload, const TcpFields& f = {}) {
  const auto offset = static_cast<char>((20 + f.options.size()) / 4 << 4);
  return be16(f.source) + be16(f.destination) + be32(f.sequence) + be32(2) + offset +
         static_cast<char>(f.flags) + be16(512) + be32(0) + f.options + payload;
}

struct Ipv4Fields {
  std::string source{"\x0a\x00\x00\x01", 4};
  std::string destination{"\x0a\x00\x00\x02", 4};
  int total_length = -1;          // what it is
  std::size_t fragment = 0x4000;  // flags and offset: "don't fragment"
  std::string options{};
};

inline std::string ipv4(std::uint8_t protocol, const std::string& body, const Ipv4Fields& f = {}) {
  const std::size_t header = 20 + f.options.size();
  const std::size_t total =
      f.total_length < 0 ? header + body.size() : static_cast<std::size_t>(f.total_length);
  return std::string{static_cast<char>(0x40 + header / 4), 0} + be16(total) + be16(1) +
         be16(f.fragment) + '\x40' + static_cast<char>(protocol) + be16(0) + f.source +
         f.destination + f.options + body;
}

inline std::string ipv6(std::uint8_t next, const std::string& body, int payload_length = -1) {
  const std::string address = "\x20\x01\x0d\xb8" + std::string(11, '\0');
  const std::size_t length =
      payload_length < 0 ? body.size() : static_cast<std::size_t>(payload_length);
  return "\x60" + std::string(3, '\0') + be16(length) + static_cast<char>(next) + '\x40' + address +
         '\x01' + address + '\x02' + body;
}

inline std::string tag(std::size_t id, std::size_t next_type) { return be16(id) + be16(next_type); }

inline std::string ethernet(std::size_t type, const std::string& body) {
  return std::string(12, '\x02') + be16(type) + body;
}

inline PacketView packet_of(const std::string& frame, std::uint16_t link_type = 1) {
  PacketView packet;
  packet.bytes = as_bytes(frame);
  packet.length_on_wire = static_cast<std::uint32_t>(frame.size());
  packet.link_type = link_type;
  return packet;
}

}  // namespace leaktap::test
