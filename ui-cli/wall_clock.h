// The machine's clock: when a run was started, and nothing else.
#pragma once

#include <chrono>

#include "capture/timestamp.h"

namespace leaktap {

inline Timestamp wall_clock() {
  return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace leaktap
