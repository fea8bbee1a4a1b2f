// "Did you mean …?"
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace leaktap {

// The candidate with the fewest typing slips (letters changed, added, left out, swapped) from
// `word`, if it is near enough to be what was meant. Case, '-' and '_' make no difference.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace leaktap
