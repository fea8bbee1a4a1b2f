// Small files, whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "capture/result.h"

namespace leaktap {

// The content of a file of at most `max_bytes`.
Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);
// In hex.
std::string sha256_of(std::string_view text);

}  // namespace leaktap
