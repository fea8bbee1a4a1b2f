// Capture files and standard input as one PacketSource in packet-time order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/packet_source.h"

namespace leaktap {

// A missing, unreadable or non-capture file is an Error if it is the only one; of several, the others are
// read and its CaptureInfo::error says why it was not. "-" is standard input.
// Files whose times overlap are merged; otherwise they follow each other, so that a flow may span them.
Result<std::unique_ptr<PacketSource>> open_captures(const std::vector<std::string>& paths);

}  // namespace leaktap
