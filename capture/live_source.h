// A live interface as a PacketSource, by libpcap. Sends nothing.
#pragma once

#include <memory>
#include <string>

#include "capture/packet_source.h"

namespace leaktap {

struct LiveOptions {
  std::string interface;
  std::string filter{};                // BPF, applied in the kernel; may be empty
  int snap_length = 262144;            // bytes
  int buffer_size = 64 * 1024 * 1024;  // bytes of kernel buffer
  bool promiscuous = true;
};

// Packets are copied out of libpcap's buffer into the batch. next() returns after at most 100 ms.
Result<std::unique_ptr<PacketSource>> open_interface(const LiveOptions& options);

}  // namespace leaktap
