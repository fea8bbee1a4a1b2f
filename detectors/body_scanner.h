// Cuts a body that arrives in pieces into blocks to scan, so that nothing at a border is missed.
//
// Blocks end at multiples of kBlock decoded bytes, whatever the segments were, and begin far enough
// before the last border to hold again what was open there. A body of at most one block is not
// copied: it is scanned where the message keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "capture/bytes.h"

namespace leaktap {

class BodyScanner {
 public:
  static constexpr std::size_t kBlock = 64 * 1024;

  // Scans `block`, which begins at position `begin` of the body. `last`: nothing follows it
  // directly. Returns how many bytes at the end of the block must be seen again with the next one.
  using Scan = std::function<std::size_t(std::string_view block, std::uint64_t begin, bool last)>;

  void clear();
  // Bytes from `offset` on; `kept` is the contiguous first part of the body, which holds them if it
  // reaches so far.
  void add(std::uint64_t offset, Bytes bytes, std::string_view kept, const Scan& scan);
  void finish(std::string_view kept, const Scan& scan);
  [[nodiscard]] bool empty() const { return end_ == 0; }

 private:
  void flush(bool last, const Scan& scan);

  std::uint64_t end_ = 0;   // of what was added
  std::uint64_t base_ = 0;  // position of buffer_
  bool buffering_ = false;  // from the first byte that is not simply the kept part
  std::string buffer_;
};

}  // namespace leaktap
