#include "reassembly/tcp/half_stream.h"

#include <algorithm>
#include <cassert>

namespace leaktap {

void HalfStream::start_at(std::uint32_t sequence, bool certain) {
  if (!started_) {
    started_ = true;
    next_sequence_ = sequence;
    next_ = certain ? 0 : kProvisional;
    base_known_ = certain;
    return;
  }
  if (base_known_ || !certain) return;
  // A SYN that was captured behind the data it opened: what was held is placed anew.
  const std::int64_t base = position_of(sequence);
  settle_at(base < 0 ? 0 : static_cast<std::uint64_t>(base));
}

void HalfStream::settle() {
  if (base_known_ || !started_) return;
  settle_at(held_ ? std::min(held_->begin()->first, next_) : next_);
}

void HalfStream::settle_at(std::uint64_t base) {
  if (held_) {
    HeldMap placed;
    while (!held_->empty()) {
      auto node = held_->extract(held_->begin());
      if (node.key() < base) {  // before the stream began: not of this connection
        held_bytes_ -= node.mapped().bytes.size() + kOverhead;
        continue;
      }
      node.key() -= base;
      placed.insert(placed.end(), std::move(node));
    }
    *held_ = std::move(placed);
    if (held_->empty()) held_.reset();
  }
  if (has_end_) end_ = end_ > base ? end_ - base : 0;
  acknowledged_ = acknowledged_ > base ? acknowledged_ - base : 0;
  next_sequence_ += static_cast<std::uint32_t>(base - next_);
  next_ = 0;
  base_known_ = true;
}

std::size_t HalfStream::hold(std::uint64_t position, Bytes payload, const Held& about) {
  if (!held_) held_ = std::make_unique<HeldMap>();
  std::size_t added = 0;
  // Walk the holes between what is held already; first bytes win.
  std::uint64_t begin = position;
  const std::uint64_t end = position + payload.size();
  auto it = held_->upper_bound(begin);
  if (it != held_->begin()) {
    const auto before = std::prev(it);
    begin = std::max(begin, before->first + before->second.bytes.size());
  }
  while (begin < end) {
    const std::uint64_t hole_end = it == held_->end() ? end : std::min(end, it->first);
    if (begin < hole_end) {
      // `missing` belongs to the last piece only.
      Held piece{{},
                 hole_end == end ? about.missing : 0,
                 about.origin,
                 about.arrival,
                 about.acknowledgement,
                 about.has_acknowledgement};
      added += insert(begin, payload.subspan(begin - position, hole_end - begin), piece);
    }
    if (it == held_->end()) break;
    begin = std::max(begin, it->first + it->second.bytes.size());
    ++it;
  }
  if (held_->empty()) held_.reset();
  return added;
}

std::size_t HalfStream::insert(std::uint64_t begin, Bytes bytes, const Held& about) {
  Held& held = (*held_)[begin];
  held = about;
  held.bytes.assign(bytes.begin(), bytes.end());
  held_bytes_ += bytes.size() + kOverhead;
  return bytes.size() + kOverhead;
}

HalfStream::HeldMap::node_type HalfStream::take_front() {
  auto node = held_->extract(held_->begin());
  held_bytes_ -= node.mapped().bytes.size() + kOverhead;
  if (held_->empty()) held_.reset();
  return node;
}

void HalfStream::split_front(std::uint64_t position) {
  auto& [begin, first] = *held_->begin();
  const std::size_t size = position - begin;
  Held second = first;
  second.bytes.erase(second.bytes.begin(),
                     second.bytes.begin() + static_cast<std::ptrdiff_t>(size));
  first.bytes.resize(size);
  first.missing = 0;
  held_->emplace(position, std::move(second));
  held_bytes_ += kOverhead;
}

void HalfStream::acknowledged(std::uint32_t acknowledgement) {
  if (!started_) return;
  const std::int64_t position = position_of(acknowledgement);
  if (position > static_cast<std::int64_t>(acknowledged_)) {
    acknowledged_ = static_cast<std::uint64_t>(position);
  }
}

}  // namespace leaktap
