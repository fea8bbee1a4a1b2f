// One TCP connection: both directions in order, and in causal order to each other.
//
// In-order payload goes straight to the sink. A segment waits when bytes before it are missing, or
// when its sender had acknowledged bytes of the other direction that were not delivered yet: a SPAN
// port may deliver a response before its request. Waiting ends when the missing bytes come, or
// after TcpLimits::patience, or when too much is held: then what is missing is told as a gap. So
// one rule serves loss, disorder, one-sided captures and connections joined in the middle.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "capture/segment.h"
#include "reassembly/reassembly_stats.h"
#include "reassembly/tcp/half_stream.h"
#include "reassembly/tcp/stream.h"
#include "reassembly/tcp/tcp_limits.h"

namespace leaktap {

class Connection {
 public:
  // `first` decides who the opener is. `limits` and `stats` must outlive the connection.
  Connection(const SegmentView& first, std::uint64_t flow_hash, const TcpLimits& limits,
             ReassemblyStats& stats);
  void attach(std::unique_ptr<StreamSink> sink) { sink_ = std::move(sink); }
  [[nodiscard]] const FlowInfo& flow() const { return flow_; }

  // Whether a SYN belongs to a new connection between the same endpoints.
  [[nodiscard]] bool is_reopened_by(const SegmentView& segment) const;
  void add(const SegmentView& segment);
  // Something waits since stalled_since(): gives up on what is missing.
  void lose_patience(Timestamp now);
  // Delivers what is held, with gaps, and ends both directions as of `when`.
  void finish(Timestamp when);

  [[nodiscard]] bool stalled() const { return half_[0].holds() || half_[1].holds(); }
  [[nodiscard]] Timestamp stalled_since() const { return stalled_since_; }
  // Both directions have ended, or it was reset.
  [[nodiscard]] bool closed() const {
    return reset_ || (half_[0].reported_end && half_[1].reported_end);
  }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] Timestamp last_seen() const { return last_seen_; }
  [[nodiscard]] std::size_t held_bytes() const;
  [[nodiscard]] bool matches(const FlowKey& key) const;

 private:
  HalfStream& half(Direction direction) { return half_[index_of(direction)]; }
  [[nodiscard]] Direction direction_of(const SegmentView& segment) const {
    return segment.from_low == opener_is_low_ ? Direction::FromOpener : Direction::FromPeer;
  }
  void open_half(const SegmentView& segment, Direction direction);
  void add_payload(const SegmentView& segment, Direction direction);
  void add_fin(const SegmentView& segment, Direction direction);
  // Whether the segment's sequence number is one that this connection could use now.
  [[nodiscard]] bool is_near(const SegmentView& segment, Direction direction) const;
  // `missing` bytes behind `bytes` were not captured.
  void deliver(Direction direction, Bytes bytes, std::uint64_t missing, const Origin& origin);
  void deliver_front(Direction direction);
  bool break_mutual_wait();
  // Whether the sender of these bytes had seen no more of the other direction than was delivered.
  [[nodiscard]] bool in_causal_order(Direction direction, std::uint32_t acknowledgement,
                                     bool has_acknowledgement) const;
  void drain(Timestamp now);
  bool drain_one(Direction direction);
  void tell_gap(Direction direction, std::uint64_t to, Timestamp now);
  void give_up_one(Timestamp now);
  [[nodiscard]] bool out_of_patience(Timestamp now) const;
  void end_if_complete(Direction direction, Timestamp now);
  void note_stall(Timestamp now);

  FlowInfo flow_;
  std::array<HalfStream, 2> half_;
  std::unique_ptr<StreamSink> sink_;
  const TcpLimits& limits_;
  ReassemblyStats& stats_;
  Timestamp last_seen_;
  Timestamp stalled_since_;
  std::uint64_t payload_bytes_ = 0;
  bool opener_is_low_ = false;
  bool reset_ = false;
  bool one_sided_ = false;  // waited for the other side in vain
  bool finished_ = false;
};

}  // namespace leaktap
