// SipHash-1-3: the hash by which members of answers are remembered without their values.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leaktap {

class LeafHash {
 public:
  explicit LeafHash(std::uint64_t key)
      : v0_(key ^ 0x736f6d6570736575U),
        v1_(~key ^ 0x646f72616e646f6dU),
        v2_(key ^ 0x6c7967656e657261U),
        v3_(~key ^ 0x7465646279746573U) {}

  // Parts are told apart: ("ab", "c") is not ("a", "bc").
  LeafHash& add(std::string_view text) {
    std::uint64_t word = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
      std::memcpy(&word, text.data() + at, 8);
      absorb(word);
    }
    word = static_cast<std::uint64_t>(text.size()) << 56;
    std::uint64_t rest = 0;
    if (at < text.size()) std::memcpy(&rest, text.data() + at, text.size() - at);
    absorb(word ^ rest);
    return *this;
  }
  LeafHash& add(std::uint64_t number) {
    absorb(number);
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const {
    LeafHash last = *this;
    last.v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) last.round();
    return last.v0_ ^ last.v1_ ^ last.v2_ ^ last.v3_;
  }

 private:
  void absorb(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace leaktap
