#include "capture/decode.h"

#include <cstring>

// One function a layer, each calling the next one up:
//
//   link layer -> VLAN tags -> ipv4 / ipv6 -> extension headers -> tcp
//
// `rest` is always what was captured of the layer. Once IP has said how long its datagram is,
// `missing` counts the bytes of it that were not captured. A header that does not fit is TooShort
// where bytes are missing, and Malformed where the datagram itself is too small for it.

namespace leaktap {

namespace {

enum LinkType : std::uint16_t {
  kNull = 0,
  kEthernet = 1,
  kRawBsd = 12,      // DLT_RAW as some systems wrote it to files
  kRawOpenBsd = 14,  // the same on OpenBSD
  kRaw = 101,
  kLoop = 108,
  kLinuxCooked = 113,
  kIpv4Only = 228,
  kIpv6Only = 229,
  kLinuxCooked2 = 276
};

enum EtherType : std::uint16_t {
  kEtherIpv4 = 0x0800,
  kEtherVlan = 0x8100,
  kEtherIpv6 = 0x86dd,
  kEtherServiceVlan = 0x88a8,
  kEtherOldDoubleVlan = 0x9100
};

enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kTcp = 6,
  kUdp = 17,
  kRouting = 43,
  kFragmentHeader = 44,
  kAuthentication = 51,
  kDestinationOptions = 60
};

constexpr int kMaxVlanTags = 4;
constexpr std::uint8_t kFlagBits = 0x3f;  // those of TcpFlag; ECE and CWR say nothing here

std::uint16_t be16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}
std::uint32_t be32(const std::uint8_t* at) {
  return (static_cast<std::uint32_t>(be16(at)) << 16) | be16(at + 2);
}

PacketFate does_not_fit(std::size_t missing) {
  return missing > 0 ? PacketFate::TooShort : PacketFate::Malformed;
}

// The addresses of an IP header. Borrowed from the frame.
struct Addresses {
  const std::uint8_t* source;
  const std::uint8_t* destination;
  bool v4;
};

void put_address(IpAddress& to, const std::uint8_t* from, bool v4) {
  if (!v4) {
    std::memcpy(to.bytes.data(), from, 16);
    return;
  }
  constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(to.bytes.data(), kMapped, sizeof kMapped);
  std::memcpy(to.bytes.data() + sizeof kMapped, from, 4);
}

// Whether the sender is the lower endpoint.
bool comes_first(const Addresses& ip, std::uint16_t source, std::uint16_t destination) {
  if (ip.v4) {
    const std::uint32_t from = be32(ip.source);
    const std::uint32_t to = be32(ip.destination);
    return from != to ? from < to : source <= destination;
  }
  const int order = std::memcmp(ip.source, ip.destination, 16);
  return order != 0 ? order < 0 : source <= destination;
}

void put_flow(const Addresses& ip, std::uint16_t source, std::uint16_t destination,
              SegmentView& segment) {
  segment.from_low = comes_first(ip, source, destination);
  Endpoint& from = segment.from_low ? segment.key.low : segment.key.high;
  Endpoint& to = segment.from_low ? segment.key.high : segment.key.low;
  put_address(from.ip, ip.source, ip.v4);
  put_address(to.ip, ip.destination, ip.v4);
  from.port = source;
  to.port = destination;
}

// RFC 9293 §3.1.
PacketFate tcp(Bytes rest, std::size_t missing, const Addresses& ip, SegmentView& segment) {
  constexpr std::size_t kMinHeader = 20;
  if (rest.size() < kMinHeader) return does_not_fit(missing);
  const std::uint8_t* header = rest.data();
  const std::size_t length = static_cast<std::size_t>(header[12] >> 4) * 4;
  if (length < kMinHeader) return PacketFate::Malformed;
  if (length > rest.size()) return does_not_fit(missing);

  put_flow(ip, be16(header), be16(header + 2), segment);
  segment.sequence = be32(header + 4);
  segment.acknowledgement = be32(header + 8);
  segment.flags = header[13] & kFlagBits;
  segment.window = be16(header + 14);
  segment.payload = rest.subspan(length);
  segment.payload_missing = static_cast<std::uint32_t>(missing);
  return PacketFate::Tcp;
}

// RFC 791 §3.1. `cut` bytes of the frame were not captured.
PacketFate ipv4(Bytes rest, std::size_t cut, SegmentView& segment) {
  constexpr std::size_t kMinHeader = 20;
  if (rest.size() < kMinHeader) return PacketFate::TooShort;
  const std::uint8_t* header = rest.data();
  const std::size_t length = static_cast<std::size_t>(header[0] & 0x0f) * 4;
  const std::size_t total = be16(header + 2);
  if (header[0] >> 4 != 4 || length < kMinHeader) return PacketFate::Malformed;

  std::size_t missing = 0;
  if (total == 0) {
    // Captured on the sending machine before the network card split it up (TSO): the real length
    // did not fit the field, and what was captured is the best that is known.
    missing = cut;
  } else if (total < length) {
    return PacketFate::Malformed;
  } else if (total > rest.size()) {
    missing = total - rest.size();
  } else {
    rest = rest.first(total);  // behind it: Ethernet padding, a frame check sequence
  }
  if (rest.size() < length) return does_not_fit(missing);
  constexpr std::uint16_t kMoreFragmentsOrOffset = 0x3fff;
  if ((be16(header + 6) & kMoreFragmentsOrOffset) != 0) return PacketFate::Fragment;
  if (header[9] == kUdp) return PacketFate::Udp;
  if (header[9] != kTcp) return PacketFate::OtherProtocol;
  return tcp(rest.subspan(length), missing, {header + 12, header + 16, true}, segment);
}

// RFC 8200 §4: walks the extension headers up to TCP. Each is at least eight bytes, so this ends.
PacketFate ipv6_upper_layer(std::uint8_t protocol, Bytes rest, std::size_t missing,
                            const Addresses& ip, SegmentView& segment) {
  while (protocol != kTcp) {
    if (protocol == kUdp) return PacketFate::Udp;
    const bool is_extension = protocol == kHopByHop || protocol == kRouting ||
                              protocol == kDestinationOptions || protocol == kAuthentication ||
                              protocol == kFragmentHeader;
    if (!is_extension) return PacketFate::OtherProtocol;
    if (rest.size() < 8) return does_not_fit(missing);
    std::size_t length = (std::size_t{rest[1]} + 1) * 8;
    if (protocol == kAuthentication) length = (std::size_t{rest[1]} + 2) * 4;  // RFC 4302 §2.2
    if (protocol == kFragmentHeader) {
      // An "atomic" fragment is the whole datagram (RFC 6946).
      constexpr std::uint16_t kOffsetOrMore = 0xfff9;
      if ((be16(rest.data() + 2) & kOffsetOrMore) != 0) return PacketFate::Fragment;
      length = 8;
    }
    if (length > rest.size()) return does_not_fit(missing);
    protocol = rest[0];
    rest = rest.subspan(length);
  }
  return tcp(rest, missing, ip, segment);
}

// RFC 8200 §3.
PacketFate ipv6(Bytes rest, std::size_t cut, SegmentView& segment) {
  constexpr std::size_t kHeader = 40;
  if (rest.size() < kHeader) return PacketFate::TooShort;
  const std::uint8_t* header = rest.data();
  if (header[0] >> 4 != 6) return PacketFate::Malformed;
  const std::size_t total = be16(header + 4);
  rest = rest.subspan(kHeader);

  std::size_t missing = 0;
  if (total == 0) {
    missing = cut;  // a jumbogram (RFC 2675), or before segmentation as in ipv4()
  } else if (total > rest.size()) {
    missing = total - rest.size();
  } else {
    rest = rest.first(total);
  }
  return ipv6_upper_layer(header[6], rest, missing, {header + 8, header + 24, false}, segment);
}

PacketFate by_ether_type(std::uint16_t type, Bytes rest, std::size_t cut, SegmentView& segment) {
  std::size_t ids = 0;
  for (int tags = 0; type == kEtherVlan || type == kEtherServiceVlan || type == kEtherOldDoubleVlan;
       ++tags) {
    if (tags == kMaxVlanTags) return PacketFate::NotIp;
    if (rest.size() < 4) return PacketFate::TooShort;
    // Id 0 only gives a priority; it names no VLAN.
    const auto id = static_cast<std::uint16_t>(be16(rest.data()) & 0x0fff);
    if (id != 0 && ids < segment.vlan.size()) segment.vlan[ids++] = id;
    type = be16(rest.data() + 2);
    rest = rest.subspan(4);
  }
  if (type == kEtherIpv4) return ipv4(rest, cut, segment);
  if (type == kEtherIpv6) return ipv6(rest, cut, segment);
  return PacketFate::NotIp;
}

// A header of `length` bytes with the EtherType at `type_at`.
PacketFate with_ether_type(std::size_t length, std::size_t type_at, Bytes frame, std::size_t cut,
                           SegmentView& segment) {
  if (frame.size() < length) return PacketFate::TooShort;
  return by_ether_type(be16(frame.data() + type_at), frame.subspan(length), cut, segment);
}

// BSD null and loop: an address family of four bytes. LINKTYPE_NULL has it in the byte order of
// the machine that captured, LINKTYPE_LOOP in network order; families are small, so it shows.
PacketFate with_address_family(Bytes frame, std::size_t cut, SegmentView& segment) {
  if (frame.size() < 4) return PacketFate::TooShort;
  std::uint32_t family = be32(frame.data());
  if (family > 0xffff) family = __builtin_bswap32(family);
  switch (family) {
    case 2:
      return ipv4(frame.subspan(4), cut, segment);
    case 10:  // Linux
    case 23:  // Windows
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      return ipv6(frame.subspan(4), cut, segment);
    default:
      return PacketFate::NotIp;
  }
}

PacketFate raw_ip(Bytes frame, std::size_t cut, SegmentView& segment) {
  if (frame.empty()) return PacketFate::TooShort;
  return frame[0] >> 4 == 6 ? ipv6(frame, cut, segment) : ipv4(frame, cut, segment);
}

}  // namespace

PacketFate decode(const PacketView& packet, SegmentView& segment) {
  const Bytes frame = packet.bytes;
  const std::size_t cut =
      packet.length_on_wire > frame.size() ? packet.length_on_wire - frame.size() : 0;
  segment.seen = packet.seen;
  segment.ref = packet.ref;
  segment.vlan = {};
  switch (packet.link_type) {
    case kEthernet:
      return with_ether_type(14, 12, frame, cut, segment);
    case kLinuxCooked:
      return with_ether_type(16, 14, frame, cut, segment);
    case kLinuxCooked2:
      return with_ether_type(20, 0, frame, cut, segment);
    case kNull:
    case kLoop:
      return with_address_family(frame, cut, segment);
    case kRawBsd:
    case kRawOpenBsd:
    case kRaw:
      return raw_ip(frame, cut, segment);
    case kIpv4Only:
      return ipv4(frame, cut, segment);
    case kIpv6Only:
      return ipv6(frame, cut, segment);
    default:
      return PacketFate::UnknownLinkType;
  }
}

}  // namespace leaktap
