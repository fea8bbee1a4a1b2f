// Lines out of bytes that come in pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leaktap {

// A line that lies within one piece is not copied. Of a line longer than the limit the beginning is
// kept and the rest dropped.
class LineBuffer {
 public:
  // Takes bytes off the front of `text`, up to and including the next LF. Nullopt: there is none,
  // all of `text` was taken. The line comes without its line end and is valid until the next call,
  // and as long as the bytes behind `text`.
  std::optional<std::string_view> take(std::string_view& text, std::size_t limit) {
    if (complete_) clear();
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (end != std::string_view::npos && held_.empty() && piece.size() <= limit) {
      return without_cr(piece);
    }
    const std::size_t room = limit - std::min(limit, held_.size());
    held_.append(piece.substr(0, room));
    cut_ = cut_ || piece.size() > room;
    if (end == std::string_view::npos) return std::nullopt;
    complete_ = true;
    return cut_ ? std::string_view(held_) : without_cr(held_);
  }
  // Whether the line that was last returned, or is being collected, was longer than the limit.
  [[nodiscard]] bool cut() const { return cut_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_.capacity(); }
  void clear() {
    held_.clear();
    cut_ = complete_ = false;
  }

 private:
  static std::string_view without_cr(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  }

  std::string held_;
  bool cut_ = false;
  bool complete_ = false;  // held_ was returned, the next call starts a new line
};

}  // namespace leaktap
