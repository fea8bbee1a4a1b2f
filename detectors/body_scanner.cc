#include "detectors/body_scanner.h"

#include <algorithm>

namespace leaktap {

void BodyScanner::clear() {
  end_ = base_ = 0;
  buffering_ = false;
  buffer_.clear();
  if (buffer_.capacity() > 2 * kBlock) buffer_.shrink_to_fit();
}

void BodyScanner::add(std::uint64_t offset, Bytes bytes, std::string_view kept, const Scan& scan) {
  const bool contiguous = offset == end_;
  if (!buffering_) {
    if (contiguous && offset + bytes.size() <= kBlock && kept.size() >= offset + bytes.size()) {
      end_ += bytes.size();
      return;
    }
    buffering_ = true;
    buffer_.assign(kept.substr(0, end_));
    base_ = 0;
    if (contiguous && end_ == kBlock) flush(false, scan);
  }
  if (!contiguous) {
    flush(true, scan);  // bytes were lost: nothing goes over the hole
    base_ = offset;
  }
  std::string_view rest = as_text(bytes);
  end_ = offset;
  while (!rest.empty()) {
    const std::uint64_t border = (end_ / kBlock + 1) * kBlock;
    const std::string_view part = rest.substr(0, border - end_);
    buffer_.append(part);
    rest.remove_prefix(part.size());
    end_ += part.size();
    if (end_ == border) flush(false, scan);
  }
}

void BodyScanner::flush(bool last, const Scan& scan) {
  if (buffer_.empty()) return;
  const std::size_t again = std::min(scan(buffer_, base_, last), buffer_.size());
  const std::size_t done = last ? buffer_.size() : buffer_.size() - again;
  buffer_.erase(0, done);
  base_ += done;
}

void BodyScanner::finish(std::string_view kept, const Scan& scan) {
  if (buffering_) {
    flush(true, scan);
  } else if (end_ != 0) {
    scan(kept.substr(0, end_), 0, true);
  }
}

}  // namespace leaktap
