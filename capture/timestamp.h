// Packet time. The pipeline knows no other clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leaktap {

using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;
using Nanoseconds = std::chrono::nanoseconds;

// RFC 3339 in UTC with six digits of a second: 2026-01-01T00:00:00.000000Z.
std::string to_rfc3339(Timestamp when);
// Reads RFC 3339 in UTC (`Z`), with no or up to nine digits of a second.
std::optional<Timestamp> from_rfc3339(std::string_view text);

inline std::int64_t to_nanoseconds(Timestamp when) { return when.time_since_epoch().count(); }
inline Timestamp from_nanoseconds(std::int64_t count) { return Timestamp{Nanoseconds{count}}; }

}  // namespace leaktap
