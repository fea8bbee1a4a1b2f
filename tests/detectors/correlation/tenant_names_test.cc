#include "detectors/correlation/tenant_names.h"

#include <catch2/catch.hpp>

using namespace leaktap;

TEST_CASE("tenant_noun finds the noun in a name") {
  using Row = std::pair<std::string, std::string>;
  const auto [name, noun] = GENERATE(values<Row>({
      {"x-tenant-id", "tenant"},
      {"X-Org-ID", "org"},
      {"tenantId", "tenant"},
      {"organizationUUID", "organization"},
      {"header:organization-id", "organization"},
      {"path:tenant", "tenant"},
      {"custom:tenant_id", "tenant"},
      {"https://example.com/org_id", "org"},
      {"app_metadata.tenant_id", "tenant"},
      {"firebase.tenant", "tenant"},
      {"account_id", "account"},
      {"__tenant", "tenant"},
      {"sub_tenant", "sub_tenant"},
      {"", ""},
  }));
  INFO(name);
  CHECK(tenant_noun(name) == noun);
}

TEST_CASE("values are compared without case, blanks, escapes and dashes of a UUID") {
  CHECK(normalise_tenant(" Acme ") == "acme");
  CHECK(normalise_tenant("acme%20inc") == "acme inc");
  CHECK(normalise_tenant("7D0C2F3E-0000-4000-8000-00000000000A") ==
        "7d0c2f3e00004000800000000000000a");
  CHECK(normalise_tenant("{7d0c2f3e-0000-4000-8000-00000000000a}") ==
        normalise_tenant("urn:uuid:7d0c2f3e-0000-4000-8000-00000000000a"));
  CHECK(normalise_tenant("7d0c2f3e-0000-4000-8000-00000000000") ==
        "7d0c2f3e-0000-4000-8000-00000000000");
}

TEST_CASE("a value's shape tells what it can be compared with") {
  CHECK(shape_of("acme") == TenantShape::Name);
  CHECK(shape_of("acme_eu") == TenantShape::Name);
  CHECK(shape_of("17") == TenantShape::Number);
  CHECK(shape_of("7d0c2f3e00004000800000000000000a") == TenantShape::Uuid);
  CHECK(shape_of("7d0c2f3e000040008000000a") == TenantShape::Hex);
  CHECK(shape_of("org_8kd02jf83k") == TenantShape::Prefixed);
}

TEST_CASE("reserved words are no tenants") {
  for (const char* word :
       {"me", "self", "current", "new", "search", "all", "public", "admin", "login", ""}) {
    INFO(word);
    CHECK(is_no_tenant(word));
  }
  CHECK(is_no_tenant(std::string(129, 'x')));
  CHECK_FALSE(is_no_tenant("acme"));
}
