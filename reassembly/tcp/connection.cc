#include "reassembly/tcp/connection.h"

#include <algorithm>

namespace leaktap {

namespace {

// Without a SYN the opener is guessed: clients use the higher port more often than not. A stage
// that reads the content may know better.
bool opener_is_low(const SegmentView& first) {
  if (first.has(kSyn)) return first.from_low != first.has(kAck);
  return first.key.low.port > first.key.high.port;
}

}  // namespace

Connection::Connection(const SegmentView& first, std::uint64_t flow_hash, const TcpLimits& limits,
                       ReassemblyStats& stats)
    : limits_(limits), stats_(stats), last_seen_(first.seen), opener_is_low_(opener_is_low(first)) {
  flow_.opener = opener_is_low_ ? first.key.low : first.key.high;
  flow_.peer = opener_is_low_ ? first.key.high : first.key.low;
  flow_.started = first.seen;
  flow_.vlan = first.vlan;
  flow_.hash = flow_hash;
}

bool Connection::matches(const FlowKey& key) const {
  return opener_is_low_ ? key.low == flow_.opener && key.high == flow_.peer
                        : key.low == flow_.peer && key.high == flow_.opener;
}

bool Connection::is_reopened_by(const SegmentView& segment) const {
  if (!segment.has(kSyn) || segment.has(kAck)) return false;
  const HalfStream& sender = half_[index_of(direction_of(segment))];
  if (!sender.started()) return closed();
  const std::uint32_t base = segment.sequence + 1;
  if (sender.base_known()) return base != sender.base_sequence();
  // Joined before its SYN came: the SYN of the data held stands right before it.
  const std::int64_t distance = sender.position_of(base) - static_cast<std::int64_t>(sender.next());
  const auto near = static_cast<std::int64_t>(limits_.held_per_direction);
  return distance < -near || distance > near;
}

void Connection::open_half(const SegmentView& segment, Direction direction) {
  HalfStream& sender = half(direction);
  if (segment.has(kSyn)) {
    sender.start_at(segment.sequence + 1, true);
    flow_.handshake_seen = true;
  } else if (!sender.started()) {
    sender.start_at(segment.sequence, false);
  }
  if (sender.base_known()) flow_.base_sequence[index_of(direction)] = sender.base_sequence();
}

void Connection::add(const SegmentView& segment) {
  if (finished_) return;
  payload_bytes_ += segment.payload.size();
  last_seen_ = segment.seen;
  const Direction direction = direction_of(segment);
  HalfStream& sender = half(direction);
  if (sender.packets != UINT32_MAX) ++sender.packets;
  const bool was_based = half_[0].base_known() && half_[1].base_known();
  if (!sender.base_known()) open_half(segment, direction);
  if (segment.has(kAck)) half(opposite(direction)).acknowledged(segment.acknowledgement);
  if (!segment.payload.empty() || segment.payload_missing != 0) add_payload(segment, direction);
  if (segment.has(kFin)) add_fin(segment, direction);
  if (segment.has(kRst) && is_near(segment, direction)) reset_ = true;
  if (!was_based || stalled() || sender.has_end()) drain(segment.seen);
}

bool Connection::is_near(const SegmentView& segment, Direction direction) const {
  const HalfStream& sender = half_[index_of(direction)];
  if (!sender.base_known()) return true;
  const std::int64_t distance =
      sender.position_of(segment.sequence) - static_cast<std::int64_t>(sender.next());
  const auto near = static_cast<std::int64_t>(limits_.held_per_direction);
  return distance >= -near && distance <= near;
}

void Connection::add_fin(const SegmentView& segment, Direction direction) {
  HalfStream& sender = half(direction);
  if (sender.has_end() || !is_near(segment, direction)) return;
  const std::int64_t end = sender.position_of(segment.sequence) +
                           static_cast<std::int64_t>(segment.payload.size()) +
                           segment.payload_missing;
  if (end < 0 || (sender.base_known() && end < static_cast<std::int64_t>(sender.next()))) return;
  sender.set_end(static_cast<std::uint64_t>(end));
}

void Connection::add_payload(const SegmentView& segment, Direction direction) {
  HalfStream& sender = half(direction);
  sender.payload_seen = true;
  const std::uint32_t sequence = segment.sequence + (segment.has(kSyn) ? 1 : 0);
  std::int64_t begin = sender.position_of(sequence);
  const std::int64_t next = static_cast<std::int64_t>(sender.next());
  if (begin - next > static_cast<std::int64_t>(limits_.window) ||
      next - begin > static_cast<std::int64_t>(limits_.window) || sender.reported_end) {
    ++stats_.out_of_window_segments;
    return;
  }
  Bytes payload = segment.payload;
  const Origin origin{segment.seen, segment.ref};
  if (sender.base_known()) {
    if (begin < next) {
      ++stats_.retransmitted_segments;
      const auto old = static_cast<std::uint64_t>(next - begin);
      if (old >= payload.size()) return;
      payload = payload.subspan(old);
      begin = next;
    }
    if (begin == next && !sender.holds() &&
        in_causal_order(direction, segment.acknowledgement, segment.has(kAck))) {
      deliver(direction, payload, segment.payload_missing, origin);
      return;
    }
  }
  if (begin < 0) return;
  ++stats_.out_of_order_segments;
  if (!stalled()) stalled_since_ = segment.seen;
  sender.hold(static_cast<std::uint64_t>(begin), payload,
              HalfStream::Held{{},
                               segment.payload_missing,
                               origin,
                               payload_bytes_,
                               segment.acknowledgement,
                               segment.has(kAck)});
}

void Connection::deliver(Direction direction, Bytes bytes, std::uint64_t missing,
                         const Origin& origin) {
  HalfStream& sender = half(direction);
  const std::uint64_t begin = sender.next();
  const std::uint64_t end = begin + bytes.size();
  sender.advance_to(end);
  if (!bytes.empty() && !sender.reported_end)
    sink_->on_data(direction, {begin, end}, bytes, origin);
  // Cut off by a snap length: nobody will send it again.
  if (missing != 0) tell_gap(direction, end + missing, origin.seen);
}

bool Connection::in_causal_order(Direction direction, std::uint32_t acknowledgement,
                                 bool has_acknowledgement) const {
  const HalfStream& other = half_[index_of(opposite(direction))];
  if (!has_acknowledgement) return true;
  if (!other.started()) return one_sided_;
  if (!other.base_known()) return one_sided_;
  const std::int64_t seen = other.position_of(acknowledgement);
  const auto next = static_cast<std::int64_t>(other.next());
  // One beyond the end is the acknowledgement of a FIN; far away it is nonsense.
  const bool end_told = other.has_end() && seen == static_cast<std::int64_t>(other.end()) + 1;
  return seen <= next || (end_told && other.next() == other.end()) ||
         seen - next > static_cast<std::int64_t>(limits_.window);
}

void Connection::drain(Timestamp now) {
  // The direction that did not move last may wait for the one that did, so ask both until none
  // moves.
  bool moved = true;
  while (moved) {
    moved = false;
    for (const Direction direction : {Direction::FromOpener, Direction::FromPeer}) {
      while (drain_one(direction)) moved = true;
      end_if_complete(direction, now);
    }
    if (!moved && break_mutual_wait()) moved = true;
    if (!moved && stalled() && out_of_patience(now)) {
      give_up_one(now);
      moved = true;
    }
  }
  note_stall(now);
}

bool Connection::drain_one(Direction direction) {
  HalfStream& sender = half(direction);
  if (!sender.base_known() || !sender.holds()) return false;
  const auto& [begin, held] = sender.front();
  if (begin > sender.next()) return false;
  if (!in_causal_order(direction, held.acknowledgement, held.has_acknowledgement)) return false;
  deliver_front(direction);
  return true;
}

// Each side's next bytes wait for the other's: no real connection does that, but a retransmission
// does that carries old bytes with new ones under its own, later acknowledgement. The other side's
// acknowledgement shows which of its bytes were sent before.
bool Connection::break_mutual_wait() {
  if (!half_[0].holds() || !half_[1].holds()) return false;
  for (const Direction direction : {Direction::FromOpener, Direction::FromPeer}) {
    HalfStream& sender = half(direction);
    const HalfStream& other = half(opposite(direction));
    const auto& [begin, held] = sender.front();
    const auto& [other_begin, other_held] = other.front();
    if (!sender.base_known() || !other.base_known()) return false;
    if (begin > sender.next() || other_begin > other.next()) return false;
    if (!other_held.has_acknowledgement) continue;
    const std::int64_t known = sender.position_of(other_held.acknowledgement);
    const std::uint64_t end = begin + held.bytes.size();
    if (known <= static_cast<std::int64_t>(sender.next()) ||
        static_cast<std::uint64_t>(known) >= end)
      continue;
    sender.split_front(static_cast<std::uint64_t>(known));
    deliver_front(direction);
    return true;
  }
  return false;
}

void Connection::deliver_front(Direction direction) {
  HalfStream& sender = half(direction);
  const auto node = sender.take_front();
  const HalfStream::Held& taken = node.mapped();
  const std::uint64_t whole = node.key() + taken.bytes.size() + taken.missing;
  if (whole <= sender.next()) return;  // a gap went over it
  const std::uint64_t skip =
      std::min<std::uint64_t>(sender.next() - node.key(), taken.bytes.size());
  const Bytes rest = Bytes(taken.bytes).subspan(skip);
  deliver(direction, rest, whole - sender.next() - rest.size(), taken.origin);
}

bool Connection::out_of_patience(Timestamp now) const {
  for (const HalfStream& each : half_) {
    if (!each.holds()) continue;
    if (payload_bytes_ - each.front().second.arrival >= limits_.patience_bytes) return true;
    if (each.held_bytes() > limits_.held_per_direction) return true;
    if (now - each.front().second.origin.seen >= limits_.patience) return true;
  }
  return false;
}

void Connection::tell_gap(Direction direction, std::uint64_t to, Timestamp now) {
  HalfStream& sender = half(direction);
  if (to <= sender.next()) return;
  const ByteRange range{sender.next(), to};
  ++stats_.tcp_gaps;
  stats_.bytes_unseen += range.size();
  sender.advance_to(to);
  if (!sender.reported_end) sink_->on_gap(direction, range, now);
}

// Resolves the stall of what arrived first. One step; drain() then goes on.
void Connection::give_up_one(Timestamp now) {
  if (!half_[0].base_known() || !half_[1].base_known()) {
    for (HalfStream& each : half_) each.settle();
    for (const std::size_t side : {0U, 1U}) flow_.base_sequence[side] = half_[side].base_sequence();
    if (half_[0].started() && half_[1].started()) return;
  }
  if (!half_[0].started() || !half_[1].started()) {
    // Nothing of the other side in all this time: this capture has one side only, and nothing waits
    // for it.
    if (!one_sided_) {
      one_sided_ = true;
      return;
    }
  }
  Direction direction = half_[0].holds() ? Direction::FromOpener : Direction::FromPeer;
  if (half_[0].holds() && half_[1].holds() &&
      half_[1].front().second.arrival < half_[0].front().second.arrival) {
    direction = Direction::FromPeer;
  }
  const HalfStream& sender = half(direction);
  const auto& [begin, held] = sender.front();
  if (begin > sender.next()) {
    tell_gap(direction, begin, now);
    return;
  }
  // In order, but its sender had seen bytes of the other side that we have not.
  const HalfStream& other = half(opposite(direction));
  const std::uint32_t acknowledgement = held.acknowledgement;
  const std::int64_t seen = other.position_of(acknowledgement);
  std::uint64_t to = seen < 0 ? 0 : static_cast<std::uint64_t>(seen);
  if (other.holds()) to = std::min(to, other.front().first);
  if (other.has_end()) to = std::min(to, other.end());
  if (to > other.next()) {
    tell_gap(opposite(direction), to, now);
    return;
  }
  // Each side waits for the other: what came first goes first.
  deliver_front(direction);
}

void Connection::end_if_complete(Direction direction, Timestamp now) {
  HalfStream& sender = half(direction);
  if (sender.reported_end || !sender.base_known() || !sender.has_end()) return;
  if (sender.next() < sender.end()) return;
  sender.reported_end = true;
  sink_->on_end(direction, true, now);
}

void Connection::note_stall(Timestamp now) {
  stalled_since_ = now;
  for (const HalfStream& each : half_) {
    if (each.holds()) stalled_since_ = std::min(stalled_since_, each.front().second.origin.seen);
  }
}

void Connection::lose_patience(Timestamp now) {
  if (!finished_) drain(now);
}

void Connection::finish(Timestamp when) {
  if (finished_) return;
  while (stalled()) {
    give_up_one(when);
    bool moved = true;
    while (moved) {
      moved = drain_one(Direction::FromOpener);
      moved = drain_one(Direction::FromPeer) || moved;
    }
  }
  for (HalfStream& each : half_) each.settle();
  for (const Direction direction : {Direction::FromOpener, Direction::FromPeer}) {
    HalfStream& sender = half(direction);
    if (sender.reported_end) continue;
    if (sender.started()) {
      if (sender.has_end()) {
        tell_gap(direction, sender.end(), when);
      } else if (sender.acknowledged() > sender.next() + 1) {
        // Acknowledged by the other side, so it was sent; one byte more would be an unseen FIN.
        tell_gap(direction, std::min(sender.acknowledged(), sender.next() + limits_.window), when);
      }
    }
    sender.reported_end = true;
    sink_->on_end(direction, reset_ || sender.has_end(), when);
  }
  const bool one_sided = half_[0].payload_seen != half_[1].payload_seen &&
                         half_[half_[0].payload_seen ? 1 : 0].packets == 0;
  if (one_sided) ++stats_.one_sided_flows;
  finished_ = true;
  sink_.reset();
}

std::size_t Connection::held_bytes() const {
  return half_[0].held_bytes() + half_[1].held_bytes() + (sink_ ? sink_->held_bytes() : 0);
}

}  // namespace leaktap
