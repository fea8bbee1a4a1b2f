#include "capture/capture_stats.h"

namespace leaktap {

std::string_view name_of(PacketFate fate) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(PacketFate::kCount)> kNames{
      "tcp",      "filtered",          "udp",       "other_protocol", "not_ip",
      "fragment", "unknown_link_type", "too_short", "malformed"};
  return kNames[static_cast<std::size_t>(fate)];
}

}  // namespace leaktap
