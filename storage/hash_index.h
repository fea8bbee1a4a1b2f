// Finds the place of an element in a vector by a 64-bit hash, without building a key to ask with.
//
// Open addressing with linear probing, at most half full; nothing is ever removed. The caller keeps
// the elements and says whether one is equal. A known element costs one probe in the common case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace leaktap {

class HashIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  template <typename IsEqual>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsEqual is_equal) const {
    if (slots_.empty()) return kNone;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.place == kNone) return kNone;
      if (slot.hash == hash && is_equal(slot.place)) return slot.place;
    }
  }

  // `place` must not be there yet.
  void insert(std::uint64_t hash, std::uint32_t place) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    put({hash, place});
    ++used_;
  }

  void clear() {
    slots_.clear();
    used_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t place = kNone;
  };

  void put(const Slot& slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = slot.hash & mask;
    while (slots_[at].place != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 4 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.place != kNone) put(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t used_ = 0;
};

// Folds one 64-bit word into a hash: the multiplication of wyhash, which mixes 128 bits in two
// instructions.
inline std::uint64_t hash_word(std::uint64_t hash, std::uint64_t word) {
  const auto product =
      static_cast<unsigned __int128>(hash ^ 0x9e3779b97f4a7c15U) * (word ^ 0xd1342543de82ef95U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename Word>
std::uint64_t load_word(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline std::uint64_t hash_text(std::uint64_t hash, std::string_view text) {
  const char* at = text.data();
  const std::size_t size = text.size();
  // The length goes in first: "ab" + "c" and "a" + "bc" must differ.
  hash ^= size * 0xa0761d6478bd642fU;
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      hash = hash_word(hash, load_word<std::uint64_t>(at + i));
    }
    // The last eight bytes, some of them for the second time: cheaper than a copy of what is left.
    return hash_word(hash, load_word<std::uint64_t>(at + size - 8));
  }
  if (size >= 4) {
    return hash_word(hash,
                     load_word<std::uint32_t>(at) << 32 | load_word<std::uint32_t>(at + size - 4));
  }
  if (size == 0) return hash_word(hash, 0);
  return hash_word(hash, load_word<std::uint8_t>(at) << 16 |
                             load_word<std::uint8_t>(at + size / 2) << 8 |
                             load_word<std::uint8_t>(at + size - 1));
}

}  // namespace leaktap
