// The front door of this folder: TCP segments in, HTTP exchanges out.
//
// One Reassembler a worker; it is given every segment of its flows and no other. Time is packet
// time: advance() ends what has been idle too long.
#pragma once

#include <cstddef>
#include <memory>

#include "capture/segment.h"
#include "reassembly/http/exchange.h"
#include "reassembly/http/http_limits.h"
#include "reassembly/reassembly_stats.h"
#include "reassembly/tcp/tcp_limits.h"

namespace leaktap {

struct ReassemblerOptions {
  TcpLimits tcp;
  HttpLimits http;
};

class Reassembler {
 public:
  // `sink` must outlive the reassembler.
  Reassembler(const ReassemblerOptions& options, ExchangeSink& sink);
  ~Reassembler();
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  void add(const SegmentView& segment);
  // Packet time has come to `now`: connections whose deadline has passed end, in order of their
  // deadline, each at its deadline.
  void advance(Timestamp now);
  // The capture is over: every connection ends.
  void finish();
  [[nodiscard]] const ReassemblyStats& stats() const;
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
