// From a frame to the TCP segment in it: link layer, VLAN tags, IPv4 and IPv6 with extension
// headers.
//
// Pure functions of the frame. Checksums are not verified: captures made on the sending machine
// hold frames whose checksums the network card would have filled in.
#pragma once

#include "capture/capture_stats.h"
#include "capture/packet.h"
#include "capture/segment.h"

namespace leaktap {

// Decodes `packet` into `segment`. Anything but PacketFate::Tcp leaves `segment` unspecified.
// Supported link types: Ethernet (1), Linux cooked v1 (113) and v2 (276), BSD null (0) and loop
// (108), raw IP (12, 14, 101, 228, 229). Up to four 802.1Q/802.1ad tags.
PacketFate decode(const PacketView& packet, SegmentView& segment);

}  // namespace leaktap
