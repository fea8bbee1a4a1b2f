#include "reassembly/reassembler.h"

#include <random>

#include "reassembly/http/http_flow.h"
#include "reassembly/tcp/connection_table.h"

namespace leaktap {

class Reassembler::Impl {
 public:
  Impl(const ReassemblerOptions& chosen, ExchangeSink& sink)
      : options(chosen),
        factory(make_http_factory(options.http, sink, stats)),
        table(options.tcp, *factory, stats, random_seed()) {}

  static std::uint64_t random_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  }

  const ReassemblerOptions options;
  ReassemblyStats stats;
  std::unique_ptr<StreamSinkFactory> factory;
  ConnectionTable table;
};

Reassembler::Reassembler(const ReassemblerOptions& options, ExchangeSink& sink)
    : impl_(std::make_unique<Impl>(options, sink)) {}
Reassembler::~Reassembler() = default;

void Reassembler::add(const SegmentView& segment) { impl_->table.add(segment); }
void Reassembler::advance(Timestamp now) { impl_->table.advance(now); }
void Reassembler::finish() { impl_->table.finish(); }
const ReassemblyStats& Reassembler::stats() const { return impl_->stats; }
std::size_t Reassembler::held_bytes() const { return impl_->table.held_bytes(); }

ReassemblyStats& ReassemblyStats::operator+=(const ReassemblyStats& other) {
  flows += other.flows;
  one_sided_flows += other.one_sided_flows;
  non_http_flows += other.non_http_flows;
  tls_flows += other.tls_flows;
  tcp_gaps += other.tcp_gaps;
  bytes_unseen += other.bytes_unseen;
  retransmitted_segments += other.retransmitted_segments;
  out_of_order_segments += other.out_of_order_segments;
  out_of_window_segments += other.out_of_window_segments;
  evicted_flows += other.evicted_flows;
  exchanges += other.exchanges;
  unpaired += other.unpaired;
  truncated_bodies += other.truncated_bodies;
  unknown_codings += other.unknown_codings;
  failed_codings += other.failed_codings;
  malformed_messages += other.malformed_messages;
  tunnels += other.tunnels;
  return *this;
}

}  // namespace leaktap
