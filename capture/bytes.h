// Borrowed bytes, and a reader that cannot run past their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace leaktap {

// Bytes somebody else owns. Whoever hands them out says until when they are valid.
using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Reads big-endian fields from the front of `bytes`. Reading too far turns it !ok(); from then on
// it is empty and yields zeros, so that a header can be written down like the figure in its RFC
// with one check at the end. Borrows its bytes; must not outlive them.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] Bytes rest() const { return rest_; }

  std::uint8_t u8() { return take_number<std::uint8_t>(); }
  std::uint16_t u16() { return take_number<std::uint16_t>(); }
  std::uint32_t u32() { return take_number<std::uint32_t>(); }
  std::uint64_t u64() { return take_number<std::uint64_t>(); }
  void skip(std::size_t count) { (void)take(count); }
  Bytes take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  template <typename T>
  T take_number() {
    // A field of constant size, so that the compiler makes one load of it.
    if (rest_.size() < sizeof(T)) {
      ok_ = false;
      rest_ = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = (value << 8) | rest_[i];
    rest_ = rest_.subspan(sizeof(T));
    return static_cast<T>(value);
  }

  Bytes rest_;
  bool ok_ = true;
};

// What a parser says of a buffer: it used some of it, wants more of it, or cannot read it.
enum class ParseState : std::uint8_t { Done, NeedMore, Malformed };

}  // namespace leaktap
