#include "ui-cli/config.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/ui-cli/scratch_folder.h"

namespace leaktap {
namespace {

const Fingerprinter& fingerprinter() {
  static const Fingerprinter one(FingerprintKey{1, 2, 3});
  return one;
}

Result<Config> parse(const std::string& text) {
  return parse_config(text, "leaktap.yaml", fingerprinter());
}

std::string error_of(const std::string& text) {
  const Result<Config> config = parse(text);
  return config ? "no error" : config.error().message;
}

// Not a credential: no format matches it, and it stands for one.
const std::string kValue = "not-to-be-shown-1f2e3d";

}  // namespace

TEST_CASE("An empty configuration is one") {
  for (const char* const text : {"", "# nothing\n", "---\n", "tenants:\nservices:\n"}) {
    const Result<Config> config = parse(text);
    REQUIRE(config);
    CHECK(config->notes.empty());
    CHECK(config->sha256.size() == 64);
  }
}

TEST_CASE("Tenants are read with all that tells them apart") {
  const Result<Config> config = parse(R"(
tenants:
  header: [X-Tenant-ID, X-Org-ID]
  path: ["/tenant/{tenant}/**", "/orgs/{tenant}/**"]
  query: [tenant_id]
  subdomain_of: [API.example.com]
  claim: [tenant_id, "https://example.com/tenant"]
  owner_fields: [owner_id]
  aliases: {"7d0c": acme}
  tree: {acme: [acme-eu, acme-us]}
)");
  REQUIRE(config);
  using Names = std::vector<std::string>;
  const TenantOptions& tenants = config->tenants;
  CHECK(tenants.headers == Names{"x-tenant-id", "x-org-id"});
  CHECK(tenants.paths == Names{"/tenant/{tenant}/**", "/orgs/{tenant}/**"});
  CHECK(tenants.query == Names{"tenant_id"});
  CHECK(tenants.subdomain_of == Names{"api.example.com"});
  CHECK(tenants.claims == Names{"tenant_id", "https://example.com/tenant"});
  CHECK(tenants.owner_fields == Names{"owner_id"});
  CHECK(tenants.aliases.at("7d0c") == "acme");
  CHECK(tenants.tree.at("acme") == Names{"acme-eu", "acme-us"});
}

TEST_CASE("Keys become fingerprints, wherever their values are") {
  const ScratchFolder folder;
  folder.write("globex.key", kValue + "\n");
  const ScopedVariable variable("LEAKTAP_TEST_ACME", kValue.c_str());
  const Fingerprint expected = fingerprinter().of(kValue);
  const auto tenant_of = [&](const std::string& entry) -> std::string {
    const Result<Config> config = parse_config("tenants: {keys: [" + entry + "]}",
                                               folder.path("leaktap.yaml"), fingerprinter());
    if (!config) return config.error().message;
    const auto found = config->tenants.keys.find(expected);
    return found == config->tenants.keys.end() ? "another fingerprint" : found->second;
  };
  CHECK(tenant_of("{env: LEAKTAP_TEST_ACME, tenant: acme}") == "acme");
  CHECK(tenant_of("{file: globex.key, tenant: globex}") == "globex");
  CHECK(tenant_of("{file: " + folder.path("globex.key") + ", tenant: globex}") == "globex");
  CHECK(tenant_of("{fingerprint: " + expected.hex() + ", tenant: initech}") == "initech");
}

TEST_CASE("Principals that may serve many tenants are roles and keys") {
  const ScopedVariable variable("LEAKTAP_TEST_GATEWAY", kValue.c_str());
  const Result<Config> config =
      parse("principals: {multi_tenant: [role:support, {env: LEAKTAP_TEST_GATEWAY}]}");
  REQUIRE(config);
  CHECK(config->tenants.multi_tenant_roles == std::set<std::string>{"support"});
  CHECK(config->tenants.multi_tenant_keys == std::set<Fingerprint>{fingerprinter().of(kValue)});
}

TEST_CASE("Services give hosts a name, detectors can be switched off") {
  const Result<Config> config = parse(R"(
services:
  - {name: orders, host: API.Example.com}
  - {name: six, host: "2001:db8::1"}
detectors:
  credential-over-cleartext: {enabled: false}
  credential-in-url: {enabled: true}
)");
  REQUIRE(config);
  CHECK(config->service_names.at("api.example.com") == "orders");
  CHECK(config->service_names.at("2001:db8::1") == "six");
  CHECK(config->disabled == std::vector{DetectorId::CredentialOverCleartext});
}

TEST_CASE("What is documented and not used yet is noted") {
  const Result<Config> config = parse(R"(
services:
  - name: orders
    host: api.example.com
    audience: https://api.example.com
zones: {inner: [10.0.0.0/8]}
own_domains: [example.com]
trusted_proxies: [10.0.0.2]
forward_allowed: [{from: gateway, to: orders}]
public_routes: ["/docs/**"]
scope_implies: {admin: [read, write]}
scanners: [10.9.9.0/24]
detectors:
  credential-over-cleartext: {severity: low, ignore: ["10.0.0.0/8"]}
  api-key-not-rotated: {days: 90}
ignore:
  - {detector: credential-in-url, host: "*.cdn.example.com", until: 2027-01-01}
)");
  REQUIRE(config);
  CHECK(config->notes.size() == 12);
  CHECK(config->notes.front() ==
        "leaktap.yaml: `services[0].audience` is not used by this version");
}

TEST_CASE("A mistake names its line, the key and what would be right") {
  auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"tennants: {}", "leaktap.yaml:1: unknown key `tennants`; did you mean `tenants`?"},
      {"tenants:\n  headers: [a]",
       "leaktap.yaml:2: unknown key `headers` in `tenants`; did you mean `header`?"},
      {"tenants:\n  colour: [a]",
       "leaktap.yaml:2: unknown key `colour` in `tenants`; known are header, path, query, "
       "subdomain_of, claim, owner_fields, keys, aliases, tree"},
      {"tenants:\n  header: X-Tenant", "leaktap.yaml:2: `tenants.header` must be a list"},
      {"tenants:\n  header:\n  - [a]", "leaktap.yaml:3: `tenants.header[0]` must be a text"},
      {"tenants: [a]", "leaktap.yaml:1: `tenants` must be a mapping of keys to values"},
      {"- a", "leaktap.yaml:1: the document must be a mapping of keys to values"},
      {"tenants:\n  query: [a]\n  query: [b]",
       "leaktap.yaml:3: key `query` stands twice in `tenants`"},
      {"tenants:\n  path: [orgs]",
       "leaktap.yaml:2: `tenants.path[0]` must be a path with {tenant} in it, such as "
       "/orgs/{tenant}/**"},
      {"tenants:\n  keys:\n  - {tenant: acme}",
       "leaktap.yaml:3: `tenants.keys[0]` needs one of env, file, fingerprint"},
      {"tenants:\n  keys:\n  - {env: LEAKTAP_TEST_NONE, tenant: acme}",
       "leaktap.yaml:3: `tenants.keys[0].env`: the variable LEAKTAP_TEST_NONE is not set"},
      {"tenants:\n  keys:\n  - {fingerprint: 12, tenant: acme}",
       "leaktap.yaml:3: `tenants.keys[0].fingerprint` must be 32 hex digits"},
      {"tenants:\n  keys:\n  - {file: none, tenant: acme}",
       "leaktap.yaml:3: `tenants.keys[0].file`: the file cannot be read: "
       "No such file or directory"},
      {"principals:\n  multi_tenant: [support]",
       "leaktap.yaml:2: `principals.multi_tenant[0]` must be role:NAME, or one of env, file, "
       "fingerprint"},
      {"services:\n- {name: a}", "leaktap.yaml:2: `services[0]` needs `host`"},
      {"services:\n- {host: a}", "leaktap.yaml:2: `services[0]` needs `name`"},
      {"services:\n- {name: a, host: 'https://a'}",
       "leaktap.yaml:2: `services[0].host` must be a host name without scheme, port and path"},
      {"services:\n- {name: a, host: a}\n- {name: b, host: A}",
       "leaktap.yaml:3: `services[1].host` is the host of another service, too"},
      {"detectors:\n  credential-in-ulr: {enabled: false}",
       "leaktap.yaml:2: unknown detector `credential-in-ulr`; did you mean `credential-in-url`?"},
      {"detectors:\n  credential-in-url: {enable: false}",
       "leaktap.yaml:2: unknown key `enable` in `detectors.credential-in-url`; did you mean "
       "`enabled`?"},
      {"detectors:\n  credential-in-url: {enabled: perhaps}",
       "leaktap.yaml:2: `detectors.credential-in-url.enabled` must be true or false"},
      {"a: b\n  c: d", "leaktap.yaml:2: no valid YAML: illegal map value"},
      {"a: [", "leaktap.yaml:1: no valid YAML: end of sequence flow not found"},
      {"a: *nowhere", "leaktap.yaml:1: no valid YAML: the referenced anchor is not defined"},
      {"--- {}\n--- {}", "leaktap.yaml: holds more than one document"},
  }));
  INFO(text);
  CHECK(error_of(text) == expected);
}

TEST_CASE("No mistake makes a value come back in a message") {
  const std::string value = "hunter2Hunter2Hunter2";
  for (const std::string& text : {
           "tenants: {keys: [{" + value + ": acme}]}",
           "tenants: {keys: {" + value + ": acme}}",
           "tenants: {keys: [{env: " + value + ", tenant: acme}]}",
           "tenants: {keys: [{file: " + value + ", tenant: acme}]}",
           "tenants: {keys: [{fingerprint: " + value + ", tenant: acme}]}",
           "tenants: {keys: [" + value + "]}",
           "tenants: {header: " + value + "}",
           "tenants: {path: [" + value + "]}",
           "tenants: {aliases: {" + value + ": []}}",
           "tenants: {aliases: {" + value + ": a, " + value + ": a}}",
           "principals: {multi_tenant: [" + value + "]}",
           "services: [{name: a, host: '" + value + "/'}]",
           "detectors: {credential-in-url: {enabled: " + value + "}}",
           "detectors: {" + value + ": {enabled: true}}",
           "detectors: {credential-in-url: " + value + "}",
           value + ": 1",
           value,
           "a: *" + value,
           "a: !" + value + " &x [",
           "tenants: {tree: {" + value + ": " + value + "}}",
       }) {
    INFO(text);
    const std::string message = error_of(text);
    CHECK(message != "no error");
    CHECK(message.find("unter2") == std::string::npos);
  }
}

TEST_CASE("A configuration that is not there is an error") {
  CHECK(read_config("/nonexistent/leaktap.yaml", fingerprinter()).error().message ==
        "cannot read /nonexistent/leaktap.yaml: No such file or directory");
}

}  // namespace leaktap
