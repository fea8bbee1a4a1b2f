// The compact record of one exchange that correlation needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detectors/finding.h"

namespace leaktap {

// A value of a request that says which tenant it wants.
struct TenantSelector {
  std::string location;  // "header:x-tenant-id", "path:tenant", "query:tenant_id", "host"
  std::string tenant;    // as sent
};

// How a credential's home tenant is known, weakest first (api-exposure.md §C.3).
enum class HomeSource : std::uint8_t { None, Learned, Claim, Config };

struct Observation {
  // Order: (completed, flow, position).
  Timestamp completed;
  std::uint64_t flow = 0;
  std::uint64_t position = 0;

  std::string service, host, method, route;
  Outcome outcome = Outcome::Unknown;
  bool complete = true;    // both messages whole, body decoded
  bool body_empty = true;  // the answer has no content, or an empty list or object
  bool empty_document =
      false;  // it has content, and that is an empty list or object: enforcement by filtering
  bool personal_data = false;    // it has members such as email, phone, last_name
  CredentialSummary credential;  // the one that spoke for the request; kind and fingerprint
  bool has_credential = false;
  std::string principal;      // pseudonym
  bool many_tenants = false;  // support, admin, service account: may serve many tenants
  std::string home;           // home tenant, if known
  HomeSource home_source = HomeSource::None;
  std::string home_claim;  // the claim that names it, if one does
  std::vector<TenantSelector> selectors;
  std::vector<std::string>
      owners;  // distinct owner values in the answer that the client did not send
  std::vector<std::string> echoed_owners;  // those that it did send
  std::vector<std::string> owner_names;  // the members that hold them; as many as there are owners
  bool owner_in_list = false;            // an owner other than `home` stands in a list item
  std::vector<std::uint64_t>
      leaves;  // hashes of distinctive members of the answer, sorted; no echoes
  // Instead of owners and leaves: the answer itself, where it went to its own tenant and names no
  // owner. Most are never looked at again.
  std::string unread_body;
  std::vector<std::uint64_t> sent_leaves;  // of the request's body, for writes; sorted

  Timestamp time;  // of the request
  std::uint32_t capture = 0;
  std::uint64_t key = 0;  // base of finding keys
  Evidence evidence;      // filled only if the observation could become a finding
};

}  // namespace leaktap
