#include "ui-cli/revealed_values.h"

#include <cstring>

namespace leaktap {
namespace {

constexpr std::size_t kNodeBytes = 96;  // of the map, beside the value

}  // namespace

RevealedValues::~RevealedValues() {
  for (auto& [fingerprint, value] : values_) explicit_bzero(value.data(), value.size());
}

void RevealedValues::reveal(const Fingerprint& fingerprint, std::string_view value) {
  if (fingerprint == Fingerprint{}) return;
  const std::lock_guard lock(mutex_);
  if (held_ + value.size() + kNodeBytes > max_bytes_) return;
  if (values_.try_emplace(fingerprint, value).second) held_ += value.size() + kNodeBytes;
}

std::string_view RevealedValues::value_of(const Fingerprint& fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(fingerprint);
  return found == values_.end() ? std::string_view() : found->second;
}

}  // namespace leaktap
