// Limits of the HTTP stage, each observable in ReassemblyStats.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leaktap {

struct HttpLimits {
  std::size_t head_bytes = 256 * 1024;  // start line and fields; beyond, fields_cut
  std::size_t fields = 1000;
  std::size_t kept_body = 1024 * 1024;      // decoded bytes of a body that the message owns
  std::size_t frames = 512;                 // FrameSpans a message
  std::uint64_t decoded_ratio = 2048;       // decoded bytes a coded byte, beyond the first MiB
  std::uint64_t decoded_body = 1ULL << 30;  // decoded bytes of one body; beyond, coding_failed
  std::size_t pipelined = 1000;             // requests waiting for their response
  std::size_t line_bytes = 16 * 1024;       // a chunk-size line with its extensions, a trailer line
};

}  // namespace leaktap
