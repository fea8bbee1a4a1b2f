// Where packets come from: files, standard input, interfaces.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/packet.h"
#include "capture/result.h"

namespace leaktap {

// Packets that share one buffer. The views stay valid until the batch is given to
// PacketSource::next again or destroyed, so batches can be worked on while the source fills others.
struct PacketBatch {
  std::vector<PacketView> packets;
  std::vector<std::uint8_t> storage;  // where the views point; the source's to fill
};

// What is known of one capture, for the run's report; filled as it is read.
struct CaptureInfo {
  std::string path;        // as given; "-" for standard input, the interface's name when live
  std::string content_id;  // size and hash of first and last MiB (file), a run id otherwise
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // bytes read of the file; live: bytes captured
  std::uint64_t size = 0;   // size of the file where it is known, for progress
  std::optional<Timestamp> first, last;
  bool truncated = false;            // the file ends inside a packet
  std::optional<std::string> error;  // why reading ended before the end
  std::uint64_t dropped = 0;         // live: packets that the kernel or interface dropped
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // Replaces the content of `batch` with the next packets in packet-time order; the cut between
  // batches depends on the input alone. False at the end. A file that turns bad on the way ends
  // there, with CaptureInfo::error set: the packets before it are good.
  // Live, an empty batch means that nothing came for a moment.
  virtual Result<bool> next(PacketBatch& batch) = 0;
  // Valid until the next call of next().
  [[nodiscard]] virtual const std::vector<CaptureInfo>& captures() const = 0;
};

}  // namespace leaktap
