#include "reassembly/tcp/connection_table.h"

#include <algorithm>

namespace leaktap {

namespace {
// What an entry costs beside the bytes it holds: slot, bucket, connection and an idle stream behind
// it.
constexpr std::size_t kConnectionCost = 512;
constexpr std::size_t kFirstBuckets = 1024;
}  // namespace

ConnectionTable::ConnectionTable(const TcpLimits& limits, StreamSinkFactory& factory,
                                 ReassemblyStats& stats, std::uint64_t seed)
    : limits_(limits), factory_(factory), stats_(stats), seed_(seed), buckets_(kFirstBuckets) {}

ConnectionTable::~ConnectionTable() = default;

void ConnectionTable::add(const SegmentView& segment) {
  now_ = std::max(now_, segment.seen);
  if (now_ >= next_deadline_) advance(now_);
  const std::uint64_t hash = hash_flow(segment.key, seed_);
  Index index = find(segment.key, hash);
  if (index != kNone) {
    const Slot& slot = slots_[index];
    const bool expired = slot.queue != kStalled && slot.deadline < segment.seen;
    if (expired || slot.connection->is_reopened_by(segment)) {
      end(index, expired ? slot.deadline : segment.seen);
      index = kNone;
    }
  }
  if (index == kNone) {
    // A lone RST or an empty ACK of a connection that is over opens nothing.
    if (segment.payload.empty() && !segment.has(kSyn) && segment.payload_missing == 0) return;
    index = create(segment, hash);
  }
  slots_[index].connection->add(segment);
  requeue(index);
  account(index);
  if (bytes_ > limits_.total_bytes) enforce_memory();
}

void ConnectionTable::advance(Timestamp now) {
  now_ = std::max(now_, now);
  while (true) {
    const Index first = earliest();
    if (first == kNone || slots_[first].deadline > now_) {
      next_deadline_ = first == kNone ? Timestamp::max() : slots_[first].deadline;
      return;
    }
    const Timestamp deadline = slots_[first].deadline;
    if (slots_[first].queue == kStalled) {
      slots_[first].connection->lose_patience(deadline);
      requeue(first);
      account(first);
    } else {
      end(first, deadline);
    }
  }
}

ConnectionTable::Index ConnectionTable::earliest() const {
  Index first = stalled_.empty() ? kNone : stalled_.begin()->second;
  for (const List& list : lists_) {
    if (list.head == kNone) continue;
    if (first == kNone || slots_[list.head].deadline < slots_[first].deadline) first = list.head;
  }
  return first;
}

void ConnectionTable::finish() {
  // Oldest first, in all queues, so that the order of what ends here depends on the packets alone.
  std::vector<Index> rest;
  for (Index index = 0; index < slots_.size(); ++index) {
    if (slots_[index].connection) rest.push_back(index);
  }
  std::stable_sort(rest.begin(), rest.end(), [&](Index a, Index b) {
    return slots_[a].connection->flow().started < slots_[b].connection->flow().started;
  });
  for (const Index index : rest) end(index, now_);
}

ConnectionTable::Index ConnectionTable::find(const FlowKey& key, std::uint64_t hash) const {
  const std::size_t mask = buckets_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash & mask; buckets_[at].index != kNone; at = (at + 1) & mask) {
    if (buckets_[at].tag == tag && slots_[buckets_[at].index].connection->matches(key)) {
      return buckets_[at].index;
    }
  }
  return kNone;
}

ConnectionTable::Index ConnectionTable::create(const SegmentView& segment, std::uint64_t hash) {
  if ((live_ + 1) * 4 > buckets_.size() * 3) grow();
  Index index;
  if (free_.empty()) {
    index = static_cast<Index>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.connection =
      std::make_unique<Connection>(segment, hash_flow(segment.key, 0), limits_, stats_);
  slot.connection->attach(factory_.open(slot.connection->flow()));
  slot.bytes = 0;
  insert_index(index, hash);
  ++live_;
  ++stats_.flows;
  bytes_ += kConnectionCost;
  link(index, kIdle, segment.seen + limits_.idle);
  return index;
}

std::uint64_t ConnectionTable::hash_of(Index index) const {
  const FlowInfo& flow = slots_[index].connection->flow();
  const FlowKey key =
      flow.opener < flow.peer ? FlowKey{flow.opener, flow.peer} : FlowKey{flow.peer, flow.opener};
  return hash_flow(key, seed_);
}

void ConnectionTable::insert_index(Index index, std::uint64_t hash) {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t at = hash & mask;
  while (buckets_[at].index != kNone) at = (at + 1) & mask;
  buckets_[at] = {static_cast<std::uint32_t>(hash >> 32), index};
}

void ConnectionTable::grow() {
  std::vector<Bucket> old(buckets_.size() * 2);
  old.swap(buckets_);
  for (const Bucket& bucket : old) {
    if (bucket.index != kNone) insert_index(bucket.index, hash_of(bucket.index));
  }
}

void ConnectionTable::remove(Index index) {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t at = hash_of(index) & mask;
  while (buckets_[at].index != index) at = (at + 1) & mask;
  // Close the hole: move back what would no longer be found behind it.
  std::size_t hole = at;
  for (std::size_t next = (hole + 1) & mask; buckets_[next].index != kNone;
       next = (next + 1) & mask) {
    const std::size_t home = hash_of(buckets_[next].index) & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      buckets_[hole] = buckets_[next];
      hole = next;
    }
  }
  buckets_[hole] = {};
  unlink(index);
  bytes_ -= kConnectionCost + slots_[index].bytes;
  slots_[index].connection.reset();
  slots_[index].bytes = 0;
  free_.push_back(index);
  --live_;
}

void ConnectionTable::end(Index index, Timestamp when) {
  slots_[index].connection->finish(when);
  remove(index);
}

void ConnectionTable::requeue(Index index) {
  const Connection& connection = *slots_[index].connection;
  unlink(index);
  if (connection.closed()) {
    link(index, kClosing, connection.last_seen() + limits_.closed_linger);
  } else if (connection.stalled()) {
    link(index, kStalled, connection.stalled_since() + limits_.patience);
  } else {
    link(index, kIdle, connection.last_seen() + limits_.idle);
  }
}

void ConnectionTable::unlink(Index index) {
  Slot& slot = slots_[index];
  if (slot.queue == kStalled) {
    stalled_.erase({slot.deadline, index});
    return;
  }
  List& list = lists_[slot.queue];
  (slot.previous == kNone ? list.head : slots_[slot.previous].next) = slot.next;
  (slot.next == kNone ? list.tail : slots_[slot.next].previous) = slot.previous;
}

void ConnectionTable::link(Index index, Queue queue, Timestamp deadline) {
  Slot& slot = slots_[index];
  slot.queue = queue;
  slot.deadline = deadline;
  next_deadline_ = std::min(next_deadline_, deadline);
  if (queue == kStalled) {
    stalled_.insert({deadline, index});
    return;
  }
  List& list = lists_[queue];
  slot.previous = list.tail;
  slot.next = kNone;
  (list.tail == kNone ? list.head : slots_[list.tail].next) = index;
  list.tail = index;
}

void ConnectionTable::account(Index index) {
  Slot& slot = slots_[index];
  const auto held =
      static_cast<std::uint32_t>(std::min<std::size_t>(slot.connection->held_bytes(), UINT32_MAX));
  bytes_ += held;
  bytes_ -= slot.bytes;
  slot.bytes = held;
}

void ConnectionTable::enforce_memory() {
  // Oldest first: what only lingers, what is idle, what waits for lost bytes.
  for (const Queue queue : {kClosing, kIdle}) {
    while (bytes_ > limits_.total_bytes && lists_[queue].head != kNone) evict(lists_[queue].head);
  }
  while (bytes_ > limits_.total_bytes && !stalled_.empty()) evict(stalled_.begin()->second);
}

void ConnectionTable::evict(Index index) {
  ++stats_.evicted_flows;
  end(index, now_);
}

}  // namespace leaktap
