#include "capture/packet_filter.h"

#include <catch2/catch.hpp>

#include "tests/capture/frames.h"

namespace leaktap::test {
namespace {

TEST_CASE("PacketFilter matches packets of any link type") {
  const std::string ip = ipv4(kTcp, tcp("abc"));
  const std::string ethernet_frame = ethernet(kIpv4, ip);
  const std::string cooked = std::string(14, '\0') + be16(kIpv4) + ip;
  auto [expression, on_ethernet, on_raw, on_cooked] =
      GENERATE(table<std::string, bool, bool, bool>({
          {"", true, true, true},
          {"tcp port 80", true, true, true},
          {"host 10.0.0.2 and not port 443", true, true, true},
          {"udp", false, false, false},
          {"ether host 02:02:02:02:02:02", true, false, false},  // raw IP has no such address
      }));
  INFO(expression);
  auto filter = PacketFilter::compile(expression);
  REQUIRE(filter);
  for (int round = 0; round < 2; ++round) {  // the second finds compiled programs
    CHECK(filter->matches(packet_of(ethernet_frame, 1)) == on_ethernet);
    CHECK(filter->matches(packet_of(ip, 101)) == on_raw);
    CHECK(filter->matches(packet_of(ip, 12)) == on_raw);
    CHECK(filter->matches(packet_of(ip, 14)) == on_raw);
    CHECK(filter->matches(packet_of(cooked, 113)) == on_cooked);
    CHECK(filter->matches(packet_of("", 1)) == expression.empty());
  }
}

TEST_CASE("PacketFilter says which expression is wrong, why, and where to look") {
  const auto filter = PacketFilter::compile("tcp prot 80");
  REQUIRE_FALSE(filter);
  CHECK_THAT(filter.error().message, Catch::StartsWith("cannot use filter \"tcp prot 80\": ") &&
                                         Catch::Contains("syntax error") &&
                                         Catch::Contains("pcap-filter(7)"));
}

TEST_CASE("PacketFilter can be moved, before and after it was used") {
  const std::string frame = ethernet(kIpv4, ipv4(kTcp, tcp("abc")));
  PacketFilter first = *PacketFilter::compile("tcp");
  CHECK(first.matches(packet_of(frame)));
  PacketFilter second = std::move(first);
  CHECK(second.matches(packet_of(frame)));
  second = *PacketFilter::compile("udp");
  CHECK_FALSE(second.matches(packet_of(frame)));
}

}  // namespace
}  // namespace leaktap::test
