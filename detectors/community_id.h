// Community ID, version 1: one name for a flow across tools
// (github.com/corelight/community-id-spec).
#pragma once

#include <string>

#include "capture/address.h"

namespace leaktap {

// "1:" and base64(SHA-1(seed 0, addresses and ports in order, protocol TCP)).
std::string community_id(const Endpoint& a, const Endpoint& b);

}  // namespace leaktap
