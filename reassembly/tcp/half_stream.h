// One direction of a connection: from sequence numbers to positions, and what arrived early.
//
// In-order payload never stops here: the connection passes it on and calls advance_to(). Only what
// arrives early is copied and held. Where segments overlap, the bytes that arrived first are kept.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "reassembly/tcp/stream.h"

namespace leaktap {

class HalfStream {
 public:
  // A segment that arrived early, or whose sender had seen more of the other direction than we
  // have.
  struct Held {
    std::vector<std::uint8_t> bytes;
    std::uint32_t missing = 0;  // bytes behind `bytes` that a snap length cut off
    Origin origin;
    std::uint64_t arrival = 0;  // payload bytes of the connection that had come before
    std::uint32_t acknowledgement = 0;
    bool has_acknowledgement = false;
  };
  using HeldMap = std::map<std::uint64_t, Held>;

  // The position of `sequence`, which may lie before 0 (an old segment) or before what was
  // delivered.
  [[nodiscard]] std::int64_t position_of(std::uint32_t sequence) const {
    return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(sequence - next_sequence_);
  }
  // A first sequence number to count from. Until base_known(), it is provisional.
  void start_at(std::uint32_t sequence, bool certain);
  // Decides that position 0 is the lowest byte held; called when waiting for a SYN is over.
  void settle();
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool base_known() const { return base_known_; }
  [[nodiscard]] std::uint32_t base_sequence() const {
    return next_sequence_ - static_cast<std::uint32_t>(next_);
  }
  [[nodiscard]] std::uint64_t next() const { return next_; }
  void advance_to(std::uint64_t position) {
    next_sequence_ += static_cast<std::uint32_t>(position - next_);
    next_ = position;
  }

  // Copies the part of `payload` at `position` that is neither delivered nor held yet.
  // Returns the bytes that are held because of it.
  std::size_t hold(std::uint64_t position, Bytes payload, const Held& about);
  [[nodiscard]] bool holds() const { return held_ != nullptr; }
  [[nodiscard]] const HeldMap::value_type& front() const { return *held_->begin(); }
  // Makes two pieces of the front, the second from `position` on, which lies inside it.
  void split_front(std::uint64_t position);
  // Takes the front out; what it held is no longer counted.
  HeldMap::node_type take_front();
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

  // Highest position that the other side acknowledged, if it did.
  void acknowledged(std::uint32_t acknowledgement);
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

  void set_end(std::uint64_t position) {
    end_ = position;
    has_end_ = true;
  }
  [[nodiscard]] bool has_end() const { return has_end_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

  bool reported_end = false;  // on_end was called
  bool payload_seen = false;
  std::uint32_t packets = 0;  // of this direction, saturating

 private:
  static constexpr std::uint64_t kProvisional = 1ULL << 32;  // room for earlier bytes
  static constexpr std::size_t kOverhead = 128;  // of a held segment, counted with its bytes

  void settle_at(std::uint64_t base);
  std::size_t insert(std::uint64_t begin, Bytes bytes, const Held& about);

  std::uint64_t next_ = kProvisional;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t end_ = 0;
  std::unique_ptr<HeldMap> held_;
  std::size_t held_bytes_ = 0;
  std::uint32_t next_sequence_ = 0;
  bool started_ = false;
  bool base_known_ = false;
  bool has_end_ = false;
};

}  // namespace leaktap
