// Which tenant a request asks for, and which one its credential belongs to.
#include <algorithm>
#include <iterator>

#include "detectors/correlation/member_names.h"
#include "detectors/correlation/tenant_names.h"
#include "detectors/correlation/tenants.h"
#include "detectors/json_walker.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

constexpr std::size_t kMostSelectors = 8;
constexpr std::size_t kMostBodySelectors = 4;
constexpr std::size_t kLongestName = 64;
// Microsoft's tenant of all personal accounts: says nothing about whose data it is.
constexpr std::string_view kPersonalAccounts = "9188040d6c674c5bb11236a304b66dad";

constexpr std::string_view kHeaders[] = {
    "__tenant",   "organization-id", "tenant-id",      "x-account-id",      "x-customer-tenant",
    "x-org",      "x-org-id",        "x-organization", "x-organization-id", "x-organisation-id",
    "x-realm",    "x-scope-orgid",   "x-tenant",       "x-tenant-id",       "x-tenant-slug",
    "x-tenantid", "x-workspace",     "x-workspace-id",
};

// Parameters and members, in snake case.
constexpr std::string_view kNames[] = {
    "account_id",      "org",          "org_id",          "org_slug", "organisation",
    "organisation_id", "organization", "organization_id", "tenant",   "tenant_id",
    "tenant_slug",     "workspace",    "workspace_id",
};

constexpr std::string_view kClaims[] = {
    "tid", "tenant_id", "tenant", "org_id", "organization_id", "custom:tenant_id",
};
constexpr std::string_view kNestedClaims[] = {"firebase.tenant", "app_metadata.tenant_id"};

constexpr std::string_view kManyTenantRoles[] = {
    "admin", "administrator", "global-admin", "operator",  "root",    "service", "service-account",
    "staff", "super-admin",   "superadmin",   "superuser", "support", "system",
};

template <typename Table>
bool holds(const Table& table, std::string_view name) {
  return std::find(std::begin(table), std::end(table), name) != std::end(table);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

class Selectors {
 public:
  explicit Selectors(std::size_t most) : most_(most) {}

  void add(std::string location, std::string_view value, bool plus_is_space) {
    if (found_.size() == most_) return;
    std::string tenant(trimmed(percent_decode(trimmed(value), plus_is_space)));
    if (is_no_tenant(normalise_tenant(tenant))) return;
    const auto same = [&](const TenantSelector& known) {
      return known.location == location && known.tenant == tenant;
    };
    if (std::any_of(found_.begin(), found_.end(), same)) return;
    found_.push_back({std::move(location), std::move(tenant)});
  }

  std::vector<TenantSelector> take() { return std::move(found_); }

 private:
  std::size_t most_;
  std::vector<TenantSelector> found_;
};

bool is_tenant_name(std::string_view name, const std::vector<std::string>& more) {
  return holds(more, name) || holds(kNames, snake_case(name));
}

std::string singular(std::string_view noun) {
  std::string one = to_lower(noun);
  if (one.ends_with("ies")) {
    one.replace(one.size() - 3, 3, "y");
  } else if (one.ends_with("s")) {
    one.pop_back();
  }
  return one;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (parts.size() < 64) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// The segment that stands at {tenant} in a pattern such as "/orgs/{tenant}/**"; empty if it does
// not match.
// "*" is one segment, "**" any rest.
std::string_view match_pattern(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  std::string_view tenant;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "**") return tenant;
    if (i >= given.size()) return {};
    if (wanted[i] == "{tenant}") {
      tenant = given[i];
    } else if (wanted[i] != "*" && !wanted[i].starts_with('{') && wanted[i] != given[i]) {
      return {};
    }
  }
  return wanted.size() == given.size() ? tenant : std::string_view{};
}

void add_from_path(std::string_view path, const TenantOptions& options, Selectors& found) {
  for (const std::string& pattern : options.paths) {
    found.add("path:tenant", match_pattern(pattern, path), false);
  }
  const auto segments = split(path, '/');
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    if (!is_tenant_noun(segments[i]) || is_tenant_noun(segments[i + 1])) continue;
    found.add("path:" + singular(segments[i]), segments[i + 1], false);
  }
}

void add_from_form(std::string_view pairs, std::string_view place,
                   const std::vector<std::string>& more, Selectors& found) {
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals > 3 * kLongestName) continue;
    const std::string name = percent_decode(pair.substr(0, equals), true);
    if (!is_tenant_name(name, more)) continue;
    found.add(std::string(place) + name.substr(0, kLongestName), pair.substr(equals + 1), true);
  }
}

void add_from_host(std::string_view host, const std::vector<std::string>& bases, Selectors& found) {
  for (const std::string& base : bases) {
    if (host.size() < base.size() + 2 || !host.ends_with(base)) continue;
    std::string_view labels = host.substr(0, host.size() - base.size());
    if (labels.back() != '.') continue;
    labels.remove_suffix(1);
    found.add("host", labels.substr(labels.rfind('.') + 1), false);  // npos + 1 is 0
  }
}

class BodySelectors : public JsonVisitor {
 public:
  BodySelectors(const std::vector<std::string>& more, Selectors& found)
      : more_(more), found_(found) {}
  bool leaf(const JsonLeaf& leaf) override {
    const bool value = leaf.type == JsonType::String || leaf.type == JsonType::Number;
    // Rows of a list are data, not a wish.
    if (!value || leaf.cut || leaf.in_array || !is_tenant_name(leaf.name, more_)) return true;
    found_.add("json:" + std::string(leaf.path.substr(0, kLongestName)), leaf.value, false);
    return true;
  }

 private:
  const std::vector<std::string>& more_;
  Selectors& found_;
};

const std::string* claim_named(const JwtClaims& claims, std::string_view name) {
  for (const auto& [claim, value] : claims.claims) {
    if (claim == name && !value.empty() && normalise_tenant(value) != kPersonalAccounts)
      return &value;
  }
  return nullptr;
}

// Namespaced by a URL of its issuer: "https://example.com/tenant_id".
bool is_url_claim(std::string_view name) {
  if (!name.starts_with("https://") && !name.starts_with("http://")) return false;
  const TenantFamily family = family_of(tenant_noun(name));
  return family == TenantFamily::Tenant || family == TenantFamily::Org;
}

// (name, value); the name is empty if no claim names a tenant.
std::pair<std::string_view, std::string_view> tenant_claim(
    const JwtClaims& claims, const std::vector<std::string>& configured) {
  for (const std::string& name : configured) {
    if (const std::string* value = claim_named(claims, name)) return {name, *value};
  }
  for (const std::string_view name : kClaims) {
    if (const std::string* value = claim_named(claims, name)) return {name, *value};
  }
  for (const auto& [name, value] : claims.claims) {
    if (is_url_claim(name) && !value.empty()) return {name, value};
  }
  for (const std::string_view name : kNestedClaims) {
    if (const std::string* value = claim_named(claims, name)) return {name, *value};
  }
  return {};
}

bool speaks_for_itself(const JwtClaims& claims) {
  if (claims.subject.ends_with("@clients")) return true;
  if (!claims.subject.empty() && claims.subject == claims.client_id) return true;
  for (const auto& [name, value] : claims.claims) {
    if (name == "act" || name.starts_with("act.")) return true;
    if ((name == "gty" || name == "grant_type") &&
        (value == "client-credentials" || value == "client_credentials")) {
      return true;
    }
  }
  return false;
}

}  // namespace

TenantReader::TenantReader(const TenantOptions& options)
    : options_(options), names_(std::make_unique<MemberNames>(options.owner_fields)) {}
TenantReader::~TenantReader() = default;

std::vector<TenantSelector> TenantReader::selectors(
    std::string_view host, std::string_view target,
    const std::vector<std::pair<std::string_view, std::string_view>>& request_fields) const {
  Selectors found(kMostSelectors);
  const auto is_named = [](std::string_view name, const auto& names) {
    return std::any_of(std::begin(names), std::end(names), [name](std::string_view known) {
      return known.size() == name.size() && equals_ignoring_case(known, name);
    });
  };
  for (const auto& [name, value] : request_fields) {
    if (is_named(name, kHeaders) || is_named(name, options_.headers)) {
      found.add("header:" + to_lower(name), value, false);
    }
  }
  add_from_path(path_of(target), options_, found);
  add_from_form(query_of(target), "query:", options_.query, found);
  add_from_host(host, options_.subdomain_of, found);
  std::vector<TenantSelector> selectors = found.take();
  std::erase_if(selectors, [this](const TenantSelector& selector) { return is_chance(selector); });
  return selectors;
}

// Small numbers are everybody's ids: customer 2 is an object, unless the configuration says that it
// is a tenant.
bool TenantReader::is_chance(const TenantSelector& selector) const {
  const std::string& location = selector.location;
  if (location == "host" || family_of(tenant_noun(location)) != TenantFamily::Object) return false;
  if (shape_of(normalise_tenant(selector.tenant)) != TenantShape::Number) return false;
  const auto named = [&location](std::string_view kind, const std::vector<std::string>& names) {
    return location.starts_with(kind) &&
           std::find(names.begin(), names.end(), location.substr(kind.size())) != names.end();
  };
  return !(location.starts_with("path:") && !options_.paths.empty()) &&
         !named("header:", options_.headers) && !named("query:", options_.query);
}

std::vector<TenantSelector> TenantReader::body_selectors(std::string_view body,
                                                         std::string_view content_type) const {
  Selectors found(kMostBodySelectors);
  if (content_type.starts_with("application/x-www-form-urlencoded")) {
    add_from_form(body, "form:", options_.query, found);
  } else if (content_type.find("json") != std::string_view::npos) {
    BodySelectors visitor(options_.query, found);
    (void)walk_json(body, {}, visitor);
  }
  return found.take();
}

std::pair<std::string, HomeSource> TenantReader::home_of(const Fingerprint& fingerprint,
                                                         const JwtClaims* claims) const {
  if (const auto key = options_.keys.find(fingerprint); key != options_.keys.end()) {
    return {key->second, HomeSource::Config};
  }
  if (claims != nullptr) {
    const auto [name, value] = tenant_claim(*claims, options_.claims);
    if (!name.empty()) return {std::string(value), HomeSource::Claim};
  }
  return {{}, HomeSource::None};
}

std::string TenantReader::home_claim(const JwtClaims* claims) const {
  return claims == nullptr ? std::string()
                           : std::string(tenant_claim(*claims, options_.claims).first);
}

bool TenantReader::many_tenants(const Fingerprint& fingerprint, const JwtClaims* claims) const {
  if (options_.multi_tenant_keys.contains(fingerprint)) return true;
  if (claims == nullptr) return false;
  if (speaks_for_itself(*claims)) return true;
  for (const std::string& role : claims->roles) {
    if (options_.multi_tenant_roles.contains(role)) return true;
    std::string plain = to_lower(role);
    std::replace(plain.begin(), plain.end(), '_', '-');
    if (plain.starts_with("role-")) plain.erase(0, 5);
    if (holds(kManyTenantRoles, plain)) return true;
  }
  return false;
}

}  // namespace leaktap
