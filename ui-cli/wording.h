// Numbers, sizes and times as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/address.h"
#include "capture/timestamp.h"

namespace leaktap {

std::string grouped(std::uint64_t number);    // "1,204,331"
std::string byte_count(std::uint64_t bytes);  // "1.2 GB"
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
std::string counted(std::uint64_t number, std::string_view one);  // "1 packet", "2 packets"
std::string second_of(Timestamp when);                            // "2026-01-01 10:00:00"
std::string endpoint_text(const Endpoint& endpoint);              // "10.0.0.5:443", "[::1]:443"

}  // namespace leaktap
