// All connections of one worker: found by their flow key, ended by FIN, RST, idleness or want of
// memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "capture/segment.h"
#include "reassembly/reassembly_stats.h"
#include "reassembly/tcp/connection.h"
#include "reassembly/tcp/stream.h"
#include "reassembly/tcp/tcp_limits.h"

namespace leaktap {

class ConnectionTable {
 public:
  // `factory` and `stats` must outlive the table. `seed` keys the hash, so that nobody can choose
  // addresses that collide.
  ConnectionTable(const TcpLimits& limits, StreamSinkFactory& factory, ReassemblyStats& stats,
                  std::uint64_t seed);
  ~ConnectionTable();

  void add(const SegmentView& segment);
  void advance(Timestamp now);
  void finish();
  [[nodiscard]] std::size_t size() const { return live_; }
  [[nodiscard]] std::size_t held_bytes() const { return bytes_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  // What a connection waits for. The first two are lists in the order in which packets came, and so
  // of their deadlines; stalls end in another order than they begin and are few, so they are kept
  // in a set.
  enum Queue : std::uint8_t { kIdle, kClosing, kStalled, kLists = kStalled };
  struct Slot {
    std::unique_ptr<Connection> connection;
    Index previous = kNone, next = kNone;
    Timestamp deadline;
    std::uint32_t bytes = 0;  // as counted in bytes_
    Queue queue = kIdle;
  };
  struct List {
    Index head = kNone, tail = kNone;
  };

  Index find(const FlowKey& key, std::uint64_t hash) const;
  Index create(const SegmentView& segment, std::uint64_t hash);
  void insert_index(Index index, std::uint64_t hash);
  void grow();
  void remove(Index index);
  void end(Index index, Timestamp when);
  void requeue(Index index);
  void unlink(Index index);
  void link(Index index, Queue queue, Timestamp deadline);
  void account(Index index);
  void enforce_memory();
  void evict(Index index);
  [[nodiscard]] Index earliest() const;
  [[nodiscard]] std::uint64_t hash_of(Index index) const;

  const TcpLimits limits_;
  StreamSinkFactory& factory_;
  ReassemblyStats& stats_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::vector<Index> free_;
  struct Bucket {
    std::uint32_t tag = 0;  // upper half of the hash
    Index index = kNone;
  };
  std::vector<Bucket> buckets_;  // open addressing, linear probing, power of two
  std::array<List, kLists> lists_;
  std::set<std::pair<Timestamp, Index>> stalled_;
  std::size_t live_ = 0;
  std::size_t bytes_ = 0;
  Timestamp now_;
  Timestamp next_deadline_ = Timestamp::max();  // no later than the earliest
};

}  // namespace leaktap
