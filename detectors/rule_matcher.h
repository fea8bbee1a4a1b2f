// Finds every value of a known format in a block of bytes: Hyperscan first, the exact check behind
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/result.h"
#include "detectors/rules.h"

namespace leaktap {

struct RuleMatch {
  const Rule* rule = nullptr;
  std::size_t begin = 0, end = 0;  // of the value, in the block
};

// The compiled table; immutable, shared by all threads.
class RuleDatabase {
 public:
  static Result<std::shared_ptr<const RuleDatabase>> compile();
  ~RuleDatabase();

 private:
  friend class RuleMatcher;
  struct Impl;
  explicit RuleDatabase(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One a thread: owns the scratch space.
class RuleMatcher {
 public:
  explicit RuleMatcher(std::shared_ptr<const RuleDatabase> database);
  ~RuleMatcher();
  RuleMatcher(RuleMatcher&&) noexcept;
  RuleMatcher& operator=(RuleMatcher&&) noexcept;

  // Validated matches in `block`, ascending and apart from each other. Replaces the content of
  // `matches`. A match whose value touches the end of the block is left out unless `last`, as it
  // might go on: then open_from() says where the next block must start so that it is found.
  void scan(std::string_view block, bool last, std::vector<RuleMatch>& matches);
  // The position from which on the bytes of the last block must be seen again; block size if none.
  // At most kLookBack before the end of the block.
  [[nodiscard]] std::size_t open_from() const;
  static constexpr std::size_t kLookBack = 16 * 1024;

  // Judges one whole value: the rule of which it is an instance, or null.
  const Rule* judge(std::string_view value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
