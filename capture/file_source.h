// Capture files and standard input as one PacketSource in packet-time order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/packet_source.h"

namespace leaktap {

// A missing, unreadable or non-capture file is an Error if it is the only one; of several, the
// others are read and its CaptureInfo::error says why it was not. "-" is standard input. Files
// whose times overlap are merged; otherwise they follow each other, so that a flow may span them.
// captures() is in the order of `paths`; CaptureInfo::content_id is left empty, see
// content_sample().
//
// Only files whose first packet's time has come are open. A batch of one file alone is passed on as
// it was read; where files overlap, packets are copied together. Pipes are open from the start.
Result<std::unique_ptr<PacketSource>> open_captures(const std::vector<std::string>& paths);

// What a capture's content id is hashed from: the file's size (8 bytes, big-endian), its first MiB
// and its last MiB; both are the whole file where it is smaller. Fails for anything but a regular
// file.
Result<std::vector<std::uint8_t>> content_sample(const std::string& path);

}  // namespace leaktap
