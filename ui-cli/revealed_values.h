// The values that --reveal shows: kept in memory only, bounded, and wiped.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "detectors/finding.h"

namespace leaktap {

class RevealedValues : public RevealSink {
 public:
  explicit RevealedValues(std::size_t max_bytes = std::size_t{64} << 20) : max_bytes_(max_bytes) {}
  ~RevealedValues() override;
  RevealedValues(const RevealedValues&) = delete;
  RevealedValues& operator=(const RevealedValues&) = delete;

  // Called from workers. A value beyond the limit is not kept, and then not shown.
  void reveal(const Fingerprint& fingerprint, std::string_view value) override;
  // Empty if there is none. Passwords have no fingerprint by which they could be found. Only after
  // the run: the view is valid until the next reveal().
  [[nodiscard]] std::string_view value_of(const Fingerprint& fingerprint) const;

 private:
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::map<Fingerprint, std::string> values_;
  std::size_t held_ = 0;
};

}  // namespace leaktap
