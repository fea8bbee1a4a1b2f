// Reads the body of one message: takes the chunk framing off, decodes, keeps the first part in the
// message and streams everything on. Bytes without coding pass straight from the segment to the
// sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "capture/bytes.h"
#include "reassembly/http/content_decoder.h"
#include "reassembly/http/exchange.h"
#include "reassembly/http/http1_parser.h"
#include "reassembly/http/http_limits.h"
#include "reassembly/http/line_buffer.h"
#include "reassembly/reassembly_stats.h"

namespace leaktap {

// What the HTTP stage of one worker shares. All must outlive it.
struct HttpContext {
  HttpContext(const HttpLimits& limits_in, ExchangeSink& sink_in, ReassemblyStats& stats_in)
      : limits(limits_in), sink(sink_in), stats(stats_in), decoders(limits_in) {}

  const HttpLimits& limits;
  ExchangeSink& sink;
  ReassemblyStats& stats;
  DecoderPool decoders;
};

// The message a body belongs to, during a call.
struct BodyTarget {
  HttpContext& context;
  HttpExchange& exchange;
  Part part;

  [[nodiscard]] HttpMessage& message() const {
    return part == Part::Request ? exchange.request : exchange.response;
  }
};

class BodyReader {
 public:
  enum class State : std::uint8_t {
    More,      // the body goes on
    Complete,  // its last byte was read, or is known to be in a gap
    Broken,    // where it ends can no longer be known
  };

  // The body that message().framing and `facts` announce.
  State begin(const BodyTarget& target, const HeadFacts& facts);
  // Takes bytes off the front of `bytes`; More has taken all of them.
  State read(const BodyTarget& target, Bytes& bytes);
  // The next `count` bytes on the wire were not captured. Where they reach beyond the body, or hide
  // framing, the state is Broken.
  State skip(const BodyTarget& target, std::uint64_t count);
  // No more bytes will come. Complete where that is how this body ends.
  State end(const BodyTarget& target, bool clean);
  // Frees what the body needed. Must be called once it is over.
  void clear();
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  enum class Phase : std::uint8_t {
    Counted,
    Endless,
    ChunkSize,
    ChunkData,
    ChunkEnd,    // before the CRLF behind the data
    ChunkEndLf,  // between the two
    Trailers
  };

  void open_decoder(const BodyTarget& target);
  void take(const BodyTarget& target, Bytes bytes);
  void miss(const BodyTarget& target, std::uint64_t count);
  State read_chunked(const BodyTarget& target, Bytes& bytes);
  State read_chunk_size(const BodyTarget& target, Bytes& bytes);
  State read_chunk_end(Bytes& bytes);
  State read_trailers(const BodyTarget& target, Bytes& bytes);

  Phase phase_ = Phase::Counted;
  bool coded_ = false;                       // the message has a coding that is decoded
  std::uint64_t left_ = 0;                   // of the body or of the chunk
  std::unique_ptr<ContentDecoder> decoder_;  // null: not coded, or nothing more can be decoded
  LineBuffer line_;                          // a chunk-size line or a trailer
};

}  // namespace leaktap
