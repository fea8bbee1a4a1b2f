// What the correlator remembers: what was served to whom, and how each credential was used.
//
// Everything is keyed by 64-bit hashes, so an entry has a fixed size whatever the names are. Each
// table has a share of the memory and gives up its oldest entries when it is used up.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/packet.h"
#include "detectors/correlation/observation.h"
#include "detectors/correlation/tenant_names.h"
#include "detectors/correlation/tenants.h"

namespace leaktap {

std::uint64_t hash_of(std::initializer_list<std::string_view> texts);
std::uint64_t mix(std::uint64_t a, std::uint64_t b);
// A preflight carries no wish, and an answer without a body shows nothing.
bool is_judged(std::string_view method);
// The member that holds observation.owners[i].
std::string_view owner_name(const Observation& observation, std::size_t i);

// A map of bounded size that forgets what was put in first.
template <typename Value>
class BoundedMap {
 public:
  explicit BoundedMap(std::size_t most) : most_(most) {}

  Value* find(std::uint64_t key) {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Value* find(std::uint64_t key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  Value& at(std::uint64_t key) {
    const auto [entry, is_new] = values_.try_emplace(key);
    if (!is_new) return entry->second;
    order_.push_back(key);
    if (values_.size() > most_) {
      // Never the new one: it is the last in the order.
      values_.erase(order_.front());
      order_.pop_front();
      ++evicted_;
    }
    return values_.find(key)->second;
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  std::size_t most_;
  std::unordered_map<std::uint64_t, Value> values_;
  std::deque<std::uint64_t> order_;
  std::uint64_t evicted_ = 0;
};

// A member of an answer on a route: to which tenants' own credentials it was served.
struct Served {
  struct Witness {
    std::uint64_t credential = 0;
    PacketRef frame;  // frame 0: not known
  };
  std::array<std::uint64_t, 3> tenants{};  // 0: none; three of them make it common to all
  std::array<Witness, 2> witnesses{};  // of two credentials, so that one is not the reader's own
  Timestamp first_seen;
  bool anonymous = false;

  [[nodiscard]] bool for_tenant(std::uint64_t tenant) const;
  [[nodiscard]] bool is_public() const { return anonymous || tenants[2] != 0; }
};

// What was served to whom, by member. A table of fixed size: sets of a few entries, of which the
// oldest gives way, so that a look-up touches one place in memory and nothing is allocated.
class ServedTable {
 public:
  explicit ServedTable(std::size_t bytes);

  Served& at(std::uint64_t key);
  [[nodiscard]] const Served* find(std::uint64_t key) const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  static constexpr std::size_t kWays = 8;
  struct Set {
    std::array<std::uint64_t, kWays> keys{};  // 0: none
    std::array<Served, kWays> values;
    std::uint8_t next = 0;  // whose turn it is to give way
  };
  // A set that is full makes the table grow, up to its size.
  void grow();
  [[nodiscard]] std::size_t set_of(std::uint64_t key) const { return key & (sets_.size() - 1); }

  std::vector<Set> sets_;
  std::size_t most_sets_;
  std::uint64_t evicted_ = 0;
};

// How a credential was used on one host.
struct CredentialUse {
  struct Tenant {
    std::uint64_t id = 0;
    std::string name;      // as first sent
    std::string location;  // of the selector
    std::uint32_t accepted = 0;
    Timestamp first_seen;
  };
  std::vector<Tenant> tenants;              // at most kMostTenants
  std::set<std::uint64_t> routes;           // at most 3
  std::uint32_t accepted = 0, refused = 0;  // requests with a selector
  std::uint64_t home = 0;                   // of the configuration or a claim

  // Belongs to one tenant, as far as was seen.
  [[nodiscard]] bool is_bound() const { return home != 0 || tenants.size() == 1 || is_learned(); }
  void add(std::uint64_t id, const TenantSelector& selector,
           const Observation& observation);  // accepted
  // The tenant that was asked for most; the one asked for first of equals. Null if there is none.
  [[nodiscard]] const Tenant* most_used() const;
  // A gateway's key asks for everybody's data and gets it: for twenty tenants, or for three or more
  // none of which has half of the requests.
  [[nodiscard]] bool is_shared() const;
  // api-exposure.md §C.3 (f) for one capture.
  [[nodiscard]] bool is_learned() const;
};
inline constexpr std::size_t kMostTenants = 64;

// Resolves names of tenants: aliases and the tree of the configuration.
class TenantNames {
 public:
  explicit TenantNames(const TenantOptions& options);
  // Equal for two names of one tenant; never 0.
  [[nodiscard]] std::uint64_t id_of(std::string_view name) const;
  // `parent` may access `child`, directly or over others.
  [[nodiscard]] bool is_within(std::uint64_t child, std::uint64_t parent) const;
  // One of the tenant's configured names is made like this.
  [[nodiscard]] bool has_shape(std::uint64_t id, TenantShape shape) const {
    return shapes_.contains({id, shape});
  }
  // Named by the configuration.
  [[nodiscard]] bool is_configured(std::uint64_t id) const { return configured_.contains(id); }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> aliases_, parents_;
  std::set<std::uint64_t> configured_;
  std::set<std::pair<std::uint64_t, TenantShape>> shapes_;
};

// What a value says about a home tenant.
enum class Relation : std::uint8_t { Same, Foreign, Unclear };

// The tenant that a credential belongs to, and how that is known.
struct Home {
  std::string name;
  std::uint64_t id = 0;
  HomeSource source = HomeSource::None;  // None with a name: only the tenant that it asks for most
  std::string claim;                     // that names it
  std::string location;                  // of the selector that it was learned from

  [[nodiscard]] bool is_certain() const {
    return source == HomeSource::Claim || source == HomeSource::Config;
  }
};

class TenantMemory {
 public:
  TenantMemory(const TenantOptions& options, std::size_t max_bytes);

  // Takes note of one observation; before it is judged. Gives the tags of what is new by it:
  // candidates that wait for one of these can be judged anew.
  std::vector<std::uint64_t> note(const Observation& observation);

  [[nodiscard]] std::uint64_t id_of(std::string_view tenant) const { return names_.id_of(tenant); }
  // By configuration, claim, or use; id 0 if nothing is known, or if the credential may serve many.
  [[nodiscard]] Home home_of(const Observation& observation) const;
  // `place`: a selector's location or an owner member's name.
  [[nodiscard]] Relation relate(std::string_view place, std::string_view value,
                                const Home& home) const;
  [[nodiscard]] const Served* served(const Observation& observation, std::uint64_t leaf) const;
  // A credential bound to one tenant, other than the observation's own; null if there is none.
  [[nodiscard]] const Served::Witness* witness(const Observation& observation,
                                               const Served& served) const;
  // An own answer of the tenant was seen on this route.
  [[nodiscard]] bool was_read(const Observation& observation, std::uint64_t tenant) const;
  [[nodiscard]] bool anonymous_reads(const Observation& observation, std::uint64_t tenant) const;
  // The tenant is home to some credential or stands in the configuration.
  [[nodiscard]] bool is_known(std::uint64_t tenant) const;
  // Another credential of this host is bound to one tenant; `tenant` 0: to any.
  [[nodiscard]] bool others_are_bound(const Observation& observation, std::uint64_t tenant) const;
  // The credential was refused for the tenant on another method, version or sub-route of the same
  // resource. Gives that method and route, or an empty text.
  [[nodiscard]] std::string refused_sibling(const Observation& observation,
                                            std::uint64_t tenant) const;

  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::uint64_t evicted() const;

  static std::uint64_t credential_of(
      const Observation& observation);  // 0: cannot be told from others
  static std::uint64_t tag_of_route(const Observation& observation, std::uint64_t tenant);
  static std::uint64_t tag_of_tenant(std::uint64_t tenant);
  static std::uint64_t tag_of_credential(const Observation& observation);

 private:
  struct Refusals {
    std::vector<std::string> where;  // "GET /v1/x", at most 4
  };
  // An answer to a tenant's own credential that nobody has had reason to read.
  struct Unread {
    std::uint64_t place = 0, tenant = 0;
    std::string body;
    std::string host, route;
    CredentialSummary credential;
    Timestamp time;
    PacketRef frame;
  };
  struct Bound {
    std::array<std::uint64_t, 2> credentials{};
  };
  using Tags = std::vector<std::uint64_t>;

  [[nodiscard]] const CredentialUse* use_of(const Observation& observation) const;
  [[nodiscard]] bool is_bound(const Observation& observation, std::uint64_t credential) const;
  [[nodiscard]] bool is_configured(std::string_view place) const;
  // The tenant whose data this answer is, as far as credential and selectors say; 0: unknown.
  [[nodiscard]] std::uint64_t tenant_of(const Observation& observation) const;
  void note_anonymous(const Observation& observation);
  void note_known(std::uint64_t tenant, Tags& news);
  void note_use(const Observation& observation, Tags& news);
  void note_bound(const Observation& observation, std::uint64_t tenant, std::uint64_t tag,
                  Tags& news);
  void note_refusal(const Observation& observation, Tags& news);
  bool note_witness(const Observation& observation, Served& served, PacketRef frame);
  void note_served(const Observation& observation, std::uint64_t tenant, Tags& news);
  void note_unread(const Observation& observation, std::uint64_t tenant, Tags& news);
  // Reads what was kept of the observation's route; from now on nothing is kept of it.
  void read_place(const Observation& observation, Tags& news);
  void read_body(const Observation& observation, std::uint64_t tenant, std::string_view body,
                 Tags& news);

  const TenantOptions& options_;
  TenantNames names_;
  TenantReader reader_;
  std::deque<Unread> unread_;
  std::size_t unread_bytes_ = 0, most_unread_bytes_;
  ServedTable served_;
  BoundedMap<CredentialUse> uses_;
  BoundedMap<Refusals> refusals_;
  BoundedMap<Bound> bound_;                            // by (host, tenant), and by host
  BoundedMap<char> known_, anonymous_, read_, asked_;  // sets
};

}  // namespace leaktap
