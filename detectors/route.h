// Routes and services: the names under which exchanges are grouped.
#pragma once

#include <string>
#include <string_view>

#include "capture/address.h"

namespace leaktap {

// The path of a request target without query and fragment; "/" for an empty one, "*" stays.
std::string_view path_of(std::string_view target);
// The query of a request target, without '?'; empty if there is none.
std::string_view query_of(std::string_view target);

// The path with its variable segments replaced by {id}: numbers, UUIDs, ULIDs, hex ids, dates,
// e-mail addresses, prefixed ids, long random segments, and the segment behind a tenant noun. A
// function of the path alone.
std::string route_of(std::string_view path);
// "tenant", "org", "workspace" … in singular or plural, any case.
bool is_tenant_noun(std::string_view segment);

// Lower case, without port and brackets; the server's address if `authority` is empty.
std::string host_of(std::string_view authority, const Endpoint& server);

}  // namespace leaktap
