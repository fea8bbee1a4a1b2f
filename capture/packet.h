// A frame as the capture gave it: the first of the five central types.
#pragma once

#include <compare>
#include <cstdint>

#include "capture/bytes.h"
#include "capture/timestamp.h"

namespace leaktap {

// Which frame of which capture. Frames count from 1 within their file, as Wireshark's do; live,
// `frame` is the ordinal of the packet in the run.
struct PacketRef {
  std::uint32_t capture = 0;  // index into the run's list of captures
  std::uint64_t frame = 0;

  auto operator<=>(const PacketRef&) const = default;
};

// One captured frame. Owns nothing: `bytes` is valid as long as the PacketBatch it stands in.
struct PacketView {
  Timestamp seen;
  Bytes bytes;                       // what was captured
  std::uint32_t length_on_wire = 0;  // larger than bytes.size() where a snap length cut the frame
  std::uint16_t link_type = 0;       // LINKTYPE_ value, see https://www.tcpdump.org/linktypes.html
  PacketRef ref;
};

}  // namespace leaktap
