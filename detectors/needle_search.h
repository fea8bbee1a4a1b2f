// Finds a handful of known values in text, in every encoding that they wear on the wire, in one
// pass.
//
// The text is read in steps of four or eight bytes: any eleven bytes in a row hold a four-byte
// piece that starts at a multiple of eight, so it is enough to look up one piece a step in a table
// of the needles' first pieces. That makes the pass cheaper than one memmem for each form of each
// value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leaktap {

// One way in which a value can be written.
struct EncodedForm {
  std::string text;
  std::string_view encoding;  // "raw", "percent", "json", "html", "base64", "hex"
  bool any_case = false;      // hex digits and percent escapes may be of either case
};

// The forms of a value in which it can be found; those equal to an earlier one are left out. Empty
// for values of fewer than kShortestNeedle characters.
std::vector<EncodedForm> encoded_forms(std::string_view value);
inline constexpr std::size_t kShortestNeedle = 8;

struct NeedleHit {
  std::size_t needle = 0;  // index of the value, as given to add()
  std::string_view encoding;
  std::size_t begin = 0, end = 0;  // in the text
};

class NeedleSet {
 public:
  NeedleSet();
  void clear();
  // `forms` must outlive the next clear().
  void add(std::size_t needle, const std::vector<EncodedForm>& forms);
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  // Length of the longest form: how much of a block to show again in the next one.
  [[nodiscard]] std::size_t longest() const { return longest_; }
  // Appends the occurrences in `text` in ascending order, at most `most` of them.
  void find(std::string_view text, std::size_t most, std::vector<NeedleHit>& hits) const;

 private:
  static constexpr std::size_t kBuckets = 2048;
  static constexpr std::uint16_t kNone = 0xffff;
  struct Piece {
    std::uint32_t folded = 0;  // the four bytes, letters in lower case
    const EncodedForm* form = nullptr;
    std::uint16_t needle = 0;
    std::uint8_t offset = 0;  // of the piece in the form
    std::uint16_t next = kNone;
  };
  template <std::size_t kStep>
  void find_in_steps(std::string_view text, std::size_t most, std::vector<NeedleHit>& hits) const;

  std::array<std::uint16_t, kBuckets> heads_;
  std::vector<Piece> pieces_;
  std::size_t longest_ = 0;
  bool has_short_ = false;  // a form too short for steps of eight
};

}  // namespace leaktap
