// The seam between stages: an ordered byte stream in two directions, with its gaps told.
//
// TCP gives one, decryption takes one and gives one, HTTP takes one: a stage neither knows nor
// cares whether the bytes were encrypted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "capture/segment.h"

namespace leaktap {

// Positions [begin, end) in one direction of a connection, counted in bytes from its start.
struct ByteRange {
  std::uint64_t begin = 0, end = 0;

  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// The opener is the side that sent the SYN; where no SYN was captured, the side with the higher
// port. A later stage that can tell the client from the content may turn the two round.
enum class Direction : std::uint8_t { FromOpener = 0, FromPeer = 1 };
inline Direction opposite(Direction direction) {
  return direction == Direction::FromOpener ? Direction::FromPeer : Direction::FromOpener;
}
inline std::size_t index_of(Direction direction) { return static_cast<std::size_t>(direction); }

// When and in which frame bytes were seen.
struct Origin {
  Timestamp seen;
  PacketRef frame;
};

// What a connection is; its address stays the same as long as the connection lives.
struct FlowInfo {
  Endpoint opener, peer;
  Timestamp started;
  std::array<std::uint16_t, 2> vlan{};
  bool handshake_seen = false;  // a SYN was captured
  std::uint64_t hash = 0;       // of the endpoints; the same in every run
  // TCP sequence number of position 0 of each direction, by index_of(). It tells the same bytes in
  // two captures of which one joined the connection late.
  std::array<std::uint32_t, 2> base_sequence{};
};

// Receives both directions of one connection. In each direction every position is reported exactly
// once, as data or as a gap, so the ranges are adjacent and start at 0. Between the directions the
// order is causal: bytes come after those of the other side that their sender had acknowledged.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // `bytes` is valid during the call only.
  virtual void on_data(Direction direction, ByteRange range, Bytes bytes, const Origin& origin) = 0;
  // These bytes were sent but never captured.
  virtual void on_gap(Direction direction, ByteRange range, Timestamp told) = 0;
  // No more bytes will come in this direction. `clean`: by FIN or RST, not by time-out, eviction or
  // the end of the capture. Called once a direction.
  virtual void on_end(Direction direction, bool clean, Timestamp when) = 0;
  // Bytes held on the heap, for the memory limit.
  [[nodiscard]] virtual std::size_t held_bytes() const = 0;
};

class StreamSinkFactory {
 public:
  virtual ~StreamSinkFactory() = default;
  // `flow` outlives the sink.
  virtual std::unique_ptr<StreamSink> open(const FlowInfo& flow) = 0;
};

}  // namespace leaktap
