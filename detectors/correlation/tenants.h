// cross-tenant-access: a credential at home in tenant A is accepted on tenant B.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detectors/correlation/observation.h"
#include "detectors/finding.h"
#include "detectors/jwt.h"
#include "detectors/route.h"

namespace leaktap {

// The `tenants:` and `principals:` parts of the configuration (design.md §5). Built-in names are
// added to these.
struct TenantOptions {
  std::vector<std::string> headers;       // names in lower case
  std::vector<std::string> paths;         // "/tenant/{tenant}/**"
  std::vector<std::string> query;         // parameter names
  std::vector<std::string> subdomain_of;  // host names
  std::vector<std::string> claims;
  std::vector<std::string> owner_fields;
  std::map<Fingerprint, std::string> keys;               // credential -> tenant
  std::map<std::string, std::string> aliases;            // other name -> tenant
  std::map<std::string, std::vector<std::string>> tree;  // parent -> children
  std::set<std::string> multi_tenant_roles;              // "support"
  std::set<Fingerprint> multi_tenant_keys;
  std::uint64_t leaf_key = 0;  // of the hashes of members; the same for all readers of a run
};

class MemberNames;

// What one worker can say of an exchange by itself: functions of the options and their arguments.
// It keeps a cache, so one reader serves one thread.
class TenantReader {
 public:
  explicit TenantReader(const TenantOptions& options);  // must outlive the reader
  ~TenantReader();
  // Selectors in request headers, path, query, and host. `headers` are asked for by name.
  // `field(name)` gives a request header's value. Values are percent-decoded and trimmed; bounded
  // to 8.
  std::vector<TenantSelector> selectors(
      std::string_view host, std::string_view target,
      const std::vector<std::pair<std::string_view, std::string_view>>& request_fields) const;
  // Selectors in a JSON or form body: "json:org_id", "form:tenant"; bounded to 4. To be put behind
  // the others.
  std::vector<TenantSelector> body_selectors(std::string_view body,
                                             std::string_view content_type) const;
  // Home tenant from the configuration or a claim.
  std::pair<std::string, HomeSource> home_of(const Fingerprint& fingerprint,
                                             const JwtClaims* claims) const;
  // The claim that home_of goes by; empty if there is none.
  std::string home_claim(const JwtClaims* claims) const;
  // Whether the credential may serve many tenants: configured role or key, act claim, client
  // credentials, built-in roles (admin, support …).
  bool many_tenants(const Fingerprint& fingerprint, const JwtClaims* claims) const;
  // Reads the JSON answer: owners, leaves, emptiness. `sent` are the values that the client sent
  // (echo guard). Fills body_empty, empty_document, personal_data, owners, owner_names,
  // echoed_owners, owner_in_list and leaves. A body with a GraphQL or soft error makes outcome
  // Refused. Needs selectors, home and outcome filled in before.
  void read_answer(std::string_view body, std::string_view content_type,
                   const std::vector<std::string_view>& sent, Observation& observation) const;
  // Fills sent_leaves from the JSON body of a write, so that a later read can show that it was
  // taken.
  void read_request(std::string_view body, std::string_view content_type,
                    Observation& observation) const;

 private:
  [[nodiscard]] bool is_chance(const TenantSelector& selector) const;

  const TenantOptions& options_;
  std::unique_ptr<MemberNames> names_;
};

// Judges observations in order; keeps bounded memory of what was served to whom.
//
// What comes to light later is judged again: the finding is then given once more, with the same key
// and a higher confidence. Evidence counts alike whether it was seen before or after the access.
class TenantCorrelator {
 public:
  TenantCorrelator(const TenantOptions& options, std::size_t max_bytes);  // options must outlive it
  ~TenantCorrelator();
  void add(const Observation& observation, FindingSink& sink);
  // No more observations will come: judges those whose credential's home is only presumed. They
  // wait for five minutes of packet time, because at first a gateway's key looks like a tenant's
  // that reaches over.
  void finish(FindingSink& sink);
  // Services of which nothing could be judged, and why; for the coverage.
  [[nodiscard]] std::map<std::string, std::string> not_assessed() const;
  [[nodiscard]] std::size_t held_bytes() const;
  [[nodiscard]] std::uint64_t evicted() const;  // entries given up for want of memory

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
