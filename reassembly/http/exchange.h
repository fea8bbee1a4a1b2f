// HTTP messages and exchanges: the third of the five central types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reassembly/tcp/stream.h"

namespace leaktap {

// A part of HttpMessage::head, as offsets, so that messages can be copied and moved.
struct TextRange {
  std::uint32_t begin = 0, end = 0;
};

// The frame that brought the bytes of a message from `begin` (a stream position) on.
struct FrameSpan {
  std::uint64_t begin = 0;
  PacketRef frame;
};

enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose, Tunnel };

// One request or response. Owns its head and the first part of its body.
struct HttpMessage {
  struct Field {
    TextRange name, value;  // value without surrounding white space
    bool trailer = false;
  };

  // Start line and fields as on the wire, without the blank line; line folds are blanked out. The
  // byte at an offset stands in the stream at range.begin + offset. Trailers, and fields that were
  // kept in spite of the limit, are appended, so views into it last until the body goes on.
  std::string head;
  TextRange method, target;  // request line
  TextRange version;         // "HTTP/1.1"
  std::uint16_t status = 0;  // status line
  std::vector<Field> fields;
  bool fields_cut = false;  // more fields or bytes than the limit; the rest was dropped

  std::string
      body;  // decoded; the first part, up to HttpLimits::kept_body or the first missing byte
  std::uint64_t body_bytes = 0;     // decoded bytes in all, kept or not, without missing ones
  std::uint64_t wire_bytes = 0;     // body bytes on the wire, after removal of the chunk framing
  std::uint64_t missing_bytes = 0;  // body bytes that were sent but never captured, where known
  Framing framing = Framing::None;
  bool whole = false;           // captured from first to last byte
  bool unknown_coding = false;  // a Content-Encoding that is not decoded: `body` is as on the wire
  bool coding_failed = false;   // the decoder gave up: the body ends where it did

  ByteRange range;  // in its direction of the connection; end grows while it is in flight
  Timestamp first_seen, last_seen;  // of its first and last byte
  // Bounded: the first and the last ones are kept. A frame number of 0 says that it is not known.
  std::vector<FrameSpan> frames;

  [[nodiscard]] std::string_view text(TextRange part) const {
    return std::string_view(head).substr(part.begin, part.end - part.begin);
  }
  [[nodiscard]] std::string_view method_text() const { return text(method); }
  [[nodiscard]] std::string_view target_text() const { return text(target); }
  // The value of the first field of that name, case ignored. `name` in lower case.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
  void clear();  // keeps capacity, up to 64 KiB a string
  // The bytes from `begin` on came in `frame`; `begin` ascends. At most `limit` spans are kept.
  void add_frame(std::uint64_t begin, PacketRef frame, std::size_t limit);
  [[nodiscard]] std::size_t held_bytes() const;  // on the heap
  // Frames that hold the stream positions [part.begin, part.end), at most `most` of them.
  [[nodiscard]] std::vector<PacketRef> frames_of(ByteRange part, std::size_t most) const;
};

enum class Part : std::uint8_t { Request, Response };

// A request and the response to it, or the half of it that was captured.
struct HttpExchange {
  const FlowInfo* flow = nullptr;  // valid during the calls of ExchangeSink
  Endpoint client, server;
  std::optional<Direction> request_direction;  // of the client
  bool tls = false;
  std::string http_version;  // "1.0", "1.1", "2", "websocket"
  bool has_request = false, has_response = false;
  HttpMessage request, response;  // meaningful where has_…
  bool gap = false;               // bytes in or next to it were not captured
  Timestamp completed;            // when it was known to be over, in packet time
  void* attachment = nullptr;     // belongs to the sink

  [[nodiscard]] const HttpMessage& message(Part part) const {
    return part == Part::Request ? request : response;
  }
  // The Host header or authority of the request target, as sent; empty if there is none.
  [[nodiscard]] std::string_view authority() const;
};

// Receives exchanges as they happen. For each exchange: on_head and on_body for each captured
// message (usually request first; bodies of both may interleave), then on_exchange once, after
// which the exchange is gone. Calls of different exchanges interleave.
class ExchangeSink {
 public:
  virtual ~ExchangeSink() = default;
  virtual void on_head(HttpExchange& exchange, Part part) = 0;
  // Decoded body bytes from `offset` on, valid during the call; HttpMessage::body already has what
  // is kept of them. `offset` jumps over missing bytes of a body without coding.
  virtual void on_body(HttpExchange& exchange, Part part, std::uint64_t offset, Bytes bytes) = 0;
  virtual void on_exchange(HttpExchange& exchange) = 0;
};

}  // namespace leaktap
