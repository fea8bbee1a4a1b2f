#include "capture/decode.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tests/capture/frames.h"

namespace leaktap::test {
namespace {

std::string flags_of(const SegmentView& segment) {
  std::string text;
  for (const auto& [flag, letter] :
       {std::pair{kSyn, 'S'}, {kFin, 'F'}, {kRst, 'R'}, {kPsh, 'P'}, {kAck, 'A'}, {kUrg, 'U'}}) {
    if (segment.has(flag)) text += letter;
  }
  return text;
}

std::string to_text(const Endpoint& endpoint) {
  return to_string(endpoint.ip) + " " + std::to_string(endpoint.port);
}

// "10.0.0.1 1024 > 10.0.0.2 80 PA abc", or the fate of what is no TCP segment.
std::string decoded(const PacketView& packet) {
  SegmentView segment;
  const PacketFate fate = decode(packet, segment);
  if (fate != PacketFate::Tcp) return std::string(name_of(fate));
  std::string text = to_text(segment.source()) + " > " + to_text(segment.destination()) + " " +
                     flags_of(segment) + " " + std::string(as_text(segment.payload));
  if (segment.payload_missing > 0) text += "<" + std::to_string(segment.payload_missing) + ">";
  for (const std::uint16_t id : segment.vlan) {
    if (id != 0) text += " vlan " + std::to_string(id);
  }
  return text;
}

const std::string kV4 = "10.0.0.1 1024 > 10.0.0.2 80 PA abc";
const std::string kV6 = "2001:db8::1 1024 > 2001:db8::2 80 PA abc";

std::string ip4() { return ipv4(kTcp, tcp("abc")); }
std::string ip6() { return ipv6(kTcp, tcp("abc")); }

// An IPv6 extension header of eight bytes.
std::string extension(std::uint8_t next) { return static_cast<char>(next) + std::string(7, '\0'); }
std::string fragment_header(std::uint8_t next, std::size_t offset_and_more) {
  return std::string{static_cast<char>(next), 0} + be16(offset_and_more) + be32(7);
}

TEST_CASE("decode finds the segment behind every supported link type") {
  const std::string zeros(14, '\0');
  auto [name, link_type, frame, expected] =
      GENERATE_COPY(table<std::string, int, std::string, std::string>({
          {"Ethernet, IPv4", 1, ethernet(kIpv4, ip4()), kV4},
          {"Ethernet, IPv6", 1, ethernet(kIpv6, ip6()), kV6},
          {"Linux cooked", 113, zeros + be16(kIpv4) + ip4(), kV4},
          {"Linux cooked with a VLAN tag", 113, zeros + be16(0x8100) + tag(5, kIpv6) + ip6(),
           kV6 + " vlan 5"},
          {"Linux cooked v2", 276, be16(kIpv6) + std::string(18, '\0') + ip6(), kV6},
          {"null, big-endian", 0, be32(2) + ip4(), kV4},
          {"null, little-endian", 0, std::string("\x02\0\0\0", 4) + ip4(), kV4},
          {"null, IPv6 of macOS", 0, std::string("\x1e\0\0\0", 4) + ip6(), kV6},
          {"null, IPv6 of FreeBSD", 0, be32(28) + ip6(), kV6},
          {"null, AppleTalk", 0, be32(16) + ip4(), "not_ip"},
          {"loop", 108, be32(2) + ip4(), kV4},
          {"raw as number 12", 12, ip4(), kV4},
          {"raw as number 14", 14, ip6(), kV6},
          {"raw as number 101", 101, ip6(), kV6},
          {"IPv4 only", 228, ip4(), kV4},
          {"IPv4 only, with IPv6", 228, ip6(), "malformed"},
          {"IPv6 only", 229, ip6(), kV6},
          {"IPv6 only, with IPv4", 229, ip4() + std::string(40, ' '), "malformed"},
          {"802.11", 105, ethernet(kIpv4, ip4()), "unknown_link_type"},
      }));
  INFO(name);
  CHECK(decoded(packet_of(frame, static_cast<std::uint16_t>(link_type))) == expected);
}

TEST_CASE("decode looks behind up to four VLAN tags and keeps the two outer ids") {
  auto [name, frame, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"one", ethernet(0x8100, tag(7, kIpv4) + ip4()), kV4 + " vlan 7"},
      {"priority bits are not part of the id", ethernet(0x8100, tag(0xe007, kIpv4) + ip4()),
       kV4 + " vlan 7"},
      {"id 0 is a priority only", ethernet(0x8100, tag(0, 0x8100) + tag(9, kIpv4) + ip4()),
       kV4 + " vlan 9"},
      {"802.1ad", ethernet(0x88a8, tag(7, 0x8100) + tag(8, kIpv6) + ip6()), kV6 + " vlan 7 vlan 8"},
      {"four",
       ethernet(0x9100, tag(1, 0x88a8) + tag(2, 0x8100) + tag(3, 0x8100) + tag(4, kIpv4) + ip4()),
       kV4 + " vlan 1 vlan 2"},
      {"five",
       ethernet(0x8100, tag(1, 0x8100) + tag(2, 0x8100) + tag(3, 0x8100) + tag(4, 0x8100) +
                            tag(5, kIpv4) + ip4()),
       "not_ip"},
      {"cut in a tag", ethernet(0x8100, "\x01"), "too_short"},
  }));
  INFO(name);
  CHECK(decoded(packet_of(frame)) == expected);
}

TEST_CASE("decode believes IPv4's lengths, not the frame's") {
  const std::string body = tcp("abc");
  auto [name, ip, expected] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"Ethernet padding is cut off", ipv4(kTcp, body) + "padding", kV4},
      {"options", ipv4(kTcp, body, {.options = std::string(40, '\1')}), kV4},
      {"total length 0: before segmentation by the card", ipv4(kTcp, body, {.total_length = 0}),
       kV4},
      {"longer than the frame", ipv4(kTcp, body, {.total_length = 50}), kV4 + "<7>"},
      {"shorter than its own header", ipv4(kTcp, body, {.total_length = 19}), "malformed"},
      {"too short for TCP", ipv4(kTcp, body, {.total_length = 39}), "malformed"},
      {"no payload", ipv4(kTcp, tcp("")) + "padding", "10.0.0.1 1024 > 10.0.0.2 80 PA "},
      {"version 6", "\x65" + ipv4(kTcp, body).substr(1), "malformed"},
      {"header length 16", "\x44" + ipv4(kTcp, body).substr(1), "malformed"},
      {"UDP", ipv4(kUdp, body), "udp"},
      {"ICMP", ipv4(1, body), "other_protocol"},
      {"first fragment", ipv4(kTcp, body, {.fragment = 0x2000}), "fragment"},
      {"last fragment", ipv4(kTcp, body, {.fragment = 0x0010}), "fragment"},
      {"fragment of UDP", ipv4(kUdp, body, {.fragment = 0x2000}), "fragment"},
  }));
  INFO(name);
  CHECK(decoded(packet_of(ethernet(kIpv4, ip))) == expected);
}

TEST_CASE("decode walks IPv6 extension headers") {
  const std::string body = tcp("abc");
  const std::string long_options = std::string{6, 1} + std::string(14, '\0');
  const std::string authentication = std::string{6, 4} + std::string(22, '\0');
  auto [name, ip, expected] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"none", ipv6(kTcp, body), kV6},
      {"padding behind", ipv6(kTcp, body) + "padding", kV6},
      {"hop-by-hop", ipv6(0, extension(kTcp) + body), kV6},
      {"hop-by-hop, routing, destination",
       ipv6(0, extension(43) + extension(60) + extension(kTcp) + body), kV6},
      {"sixteen bytes of options", ipv6(60, long_options + body), kV6},
      {"authentication counts in words", ipv6(51, authentication + body), kV6},
      {"atomic fragment", ipv6(44, fragment_header(kTcp, 0) + body), kV6},
      {"first fragment", ipv6(44, fragment_header(kTcp, 1) + body), "fragment"},
      {"later fragment", ipv6(44, fragment_header(kTcp, 8) + body), "fragment"},
      {"encrypted", ipv6(50, body), "other_protocol"},
      {"no next header", ipv6(59, ""), "other_protocol"},
      {"UDP", ipv6(0, extension(kUdp) + body), "udp"},
      {"payload length 0: before segmentation", ipv6(kTcp, body, 0), kV6},
      {"longer than the frame", ipv6(kTcp, body, 30), kV6 + "<7>"},
      {"extension longer than the datagram", ipv6(0, std::string{6, 9} + std::string(6, '\0')),
       "malformed"},
      {"extension that was not captured", ipv6(0, std::string{6, 9}, 100), "too_short"},
      {"version 4", "\x40" + ipv6(kTcp, body).substr(1), "malformed"},
  }));
  INFO(name);
  CHECK(decoded(packet_of(ethernet(kIpv6, ip))) == expected);
}

TEST_CASE("decode reads the TCP header") {
  const std::string options("\x02\x04\x05\xb4\x01\x01\x04\x02", 8);
  const std::string frame = ethernet(
      kIpv4, ipv4(kTcp, tcp("abc", {.sequence = 0xfffffffe, .flags = 0xc2, .options = options})));
  PacketView packet = packet_of(frame);
  packet.seen = from_nanoseconds(77);
  packet.ref = {3, 9};
  SegmentView segment;
  REQUIRE(decode(packet, segment) == PacketFate::Tcp);
  CHECK(segment.sequence == 0xfffffffe);
  CHECK(segment.acknowledgement == 2);
  CHECK(segment.window == 512);
  CHECK(segment.flags == kSyn);  // ECN's two bits are left out
  CHECK(as_text(segment.payload) == "abc");
  CHECK(segment.seen == from_nanoseconds(77));
  CHECK(segment.ref == PacketRef{3, 9});
}

TEST_CASE("decode refuses data offsets that make no sense") {
  auto [offset, expected] = GENERATE(table<char, std::string>(
      {{'\x00', "malformed"}, {'\x40', "malformed"}, {'\x60', "malformed"}, {'\x50', kV4}}));
  std::string segment = tcp("abc");
  segment[12] = offset;
  CHECK(decoded(packet_of(ethernet(kIpv4, ipv4(kTcp, segment)))) == expected);
}

TEST_CASE("both directions of a connection have one key") {
  SegmentView there, back;
  const std::string low("\x0a\x00\x00\x01", 4), high("\x0a\x00\x00\x02", 4);
  for (const auto& [a, b] : {std::pair{low, high}, {high, low}, {low, low}}) {
    const std::string request = ipv4(kTcp, tcp(""), {.source = a, .destination = b});
    const std::string response =
        ipv4(kTcp, tcp("", {.source = 80, .destination = 1024}), {.source = b, .destination = a});
    REQUIRE(decode(packet_of(request, 101), there) == PacketFate::Tcp);
    REQUIRE(decode(packet_of(response, 101), back) == PacketFate::Tcp);
    CHECK(there.key == back.key);
    CHECK(there.key.low < there.key.high);
    CHECK(there.from_low != back.from_low);
    CHECK(there.source().port == 1024);
    CHECK(back.source().port == 80);
  }
}

TEST_CASE("a frame cut by a snap length is too short, or a segment that says what is missing") {
  const std::string frames[] = {
      ethernet(kIpv4, ip4()), ethernet(0x8100, tag(7, kIpv6) + ip6()),
      ethernet(kIpv6, ipv6(0, extension(60) + extension(kTcp) + tcp("abc")))};
  for (const std::string& frame : frames) {
    for (std::size_t length = 0; length <= frame.size(); ++length) {
      const std::string cut = frame.substr(0, length);
      PacketView packet = packet_of(cut);
      packet.length_on_wire = static_cast<std::uint32_t>(frame.size());
      SegmentView segment;
      const PacketFate fate = decode(packet, segment);
      INFO(length << " of " << frame.size());
      if (length < frame.size() - 3) {
        CHECK(fate == PacketFate::TooShort);
      } else {
        REQUIRE(fate == PacketFate::Tcp);
        CHECK(segment.payload.size() + segment.payload_missing == 3);
      }
    }
  }
}

TEST_CASE("where the length field is of no use, what is missing follows from the frame") {
  const std::string frame = ethernet(kIpv4, ipv4(kTcp, tcp("abc"), {.total_length = 0}));
  PacketView packet = packet_of(frame);
  packet.length_on_wire += 1000;
  CHECK(decoded(packet) == kV4 + "<1000>");
}

TEST_CASE("decode survives random changes and stays within the frame") {
  std::mt19937 random{1};
  const std::string frames[] = {
      ethernet(kIpv4, ip4()), ethernet(0x8100, tag(7, kIpv6) + ip6()),
      ethernet(kIpv6, ipv6(0, extension(44) + fragment_header(51, 0) + std::string{6, 4} +
                                  std::string(22, '\0') + tcp("abc")))};
  constexpr std::uint16_t kLinkTypes[] = {1, 0, 12, 101, 108, 113, 228, 229, 276};
  for (int round = 0; round < 60000; ++round) {
    std::string frame = frames[random() % 3];
    for (auto changes = random() % 4; changes > 0; --changes) {
      frame[random() % frame.size()] = static_cast<char>(random());
    }
    frame.resize(random() % 8 == 0 ? random() % frame.size() : frame.size());
    // Of its exact size, so that the sanitizer sees a read behind it.
    const std::vector<std::uint8_t> exact(frame.begin(), frame.end());
    PacketView packet = packet_of(frame, kLinkTypes[round % 8 == 0 ? random() % 9 : 0]);
    packet.bytes = exact;
    SegmentView segment;
    if (decode(packet, segment) != PacketFate::Tcp || segment.payload.empty()) continue;
    REQUIRE(segment.payload.data() >= packet.bytes.data());
    REQUIRE(segment.payload.data() + segment.payload.size() <=
            packet.bytes.data() + packet.bytes.size());
  }
}

}  // namespace
}  // namespace leaktap::test
