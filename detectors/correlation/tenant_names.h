// What names and values say about tenants: pure functions and tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leaktap {

// "X-Org-ID" -> "org", "tenantId" -> "tenant", "path:organization" -> "organization": the noun of a
// header, parameter, member or claim, without "x-", "custom:" and "_id"; a location's part before
// ':' is passed over.
std::string tenant_noun(std::string_view name);
// "customerIds" -> "customer_ids"; '-', '.' and ' ' become '_'.
std::string snake_case(std::string_view name);

// Which tenants a noun speaks of. Values of two families are compared only if they are known to be
// tenants: an account, a customer or a project is often an object inside of a tenant.
enum class TenantFamily : std::uint8_t { None, Tenant, Org, Object };
TenantFamily family_of(std::string_view noun);

// Lower case, trimmed, percent-decoded, a UUID without dashes and braces: what values are compared
// by.
std::string normalise_tenant(std::string_view value);

// How a normalised value is made. A slug and a UUID may name one tenant, so they are never
// compared.
enum class TenantShape : std::uint8_t { Name, Number, Uuid, Hex, Prefixed };
TenantShape shape_of(std::string_view normalised);

// "me", "self", "search" …: stands where a tenant may stand but is none. Also values too short or
// long.
bool is_no_tenant(std::string_view normalised);

}  // namespace leaktap
