// Which findings a live run has counted lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace leaktap {

// Two generations of at most `limit` keys: what is forgotten was counted at least `limit` keys ago.
// A live capture keeps no keys in the database, where they would grow for months; a finding that
// the correlator reports again, surer than before, comes within seconds.
class RecentKeys {
 public:
  enum class Seen { Never, AsAttempt, AsFinding };

  explicit RecentKeys(std::size_t limit = 1 << 16) : limit_(limit) {}

  [[nodiscard]] Seen find(std::uint64_t key) const {
    for (const auto* generation : {&young_, &old_}) {
      if (const auto known = generation->find(key); known != generation->end()) {
        return known->second ? Seen::AsAttempt : Seen::AsFinding;
      }
    }
    return Seen::Never;
  }

  void add(std::uint64_t key, bool is_attempt) {
    // What counted as a finding stays one.
    if (is_attempt && find(key) == Seen::AsFinding) return;
    if (young_.size() >= limit_) old_ = std::exchange(young_, {});
    young_[key] = is_attempt;
  }

 private:
  std::size_t limit_;
  std::unordered_map<std::uint64_t, bool> young_, old_;  // the value: was it an attempt
};

}  // namespace leaktap
