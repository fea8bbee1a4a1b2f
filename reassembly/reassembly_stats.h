// What the reassembly saw and what it did not: the material of the coverage statement.
#pragma once

#include <cstdint>

namespace leaktap {

struct ReassemblyStats {
  std::uint64_t flows = 0;  // TCP connections
  std::uint64_t one_sided_flows =
      0;  // payload captured in one direction only, though the other sent some
  std::uint64_t non_http_flows = 0;  // with payload, none of it HTTP
  std::uint64_t tls_flows = 0;       // TLS, not decrypted
  std::uint64_t tcp_gaps = 0;
  std::uint64_t bytes_unseen = 0;  // in those gaps
  std::uint64_t retransmitted_segments = 0;
  std::uint64_t out_of_order_segments = 0;
  std::uint64_t out_of_window_segments = 0;
  std::uint64_t evicted_flows = 0;  // for want of memory
  std::uint64_t exchanges = 0;
  std::uint64_t unpaired = 0;  // exchanges with one half only
  std::uint64_t truncated_bodies = 0;
  std::uint64_t unknown_codings = 0;
  std::uint64_t failed_codings = 0;
  std::uint64_t malformed_messages = 0;
  std::uint64_t tunnels = 0;  // CONNECT and Upgrade; their content is not read

  ReassemblyStats& operator+=(const ReassemblyStats& other);
};

}  // namespace leaktap
