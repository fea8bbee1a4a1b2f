#include "detectors/correlation/tenant_memory.h"

#include <algorithm>

#include "detectors/correlation/leaf_hash.h"
#include "detectors/correlation/tenant_names.h"

namespace leaktap {
namespace {

// About what an entry takes with its share of the hash table and of the order.
constexpr std::size_t kUseBytes = 1024;
constexpr std::size_t kRefusalBytes = 256;
constexpr std::size_t kSmallBytes = 96;

constexpr std::uint32_t kLeastLearned = 20;
constexpr std::size_t kLeastRoutes = 3;
constexpr std::size_t kGatewayTenants = 20;

// At least 95 of 100.
bool nearly_all(std::uint64_t part, std::uint64_t whole) { return part * 100 >= whole * 95; }

std::size_t share(std::size_t max_bytes, std::size_t part, std::size_t entry) {
  return std::max<std::size_t>(16, max_bytes / part / entry);
}

// What a member is remembered under: `place` is where it was served.
std::uint64_t place_of(const Observation& observation) {
  return hash_of({observation.host, observation.route});
}
// Both are keyed hashes already.
std::uint64_t leaf_key(std::uint64_t place, std::uint64_t leaf) { return place ^ leaf; }

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment.size() <= 4 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// What siblings have in common: "/api/v2/tenant/{id}/resource/{id}" -> "/api/tenant/{id}/resource".
std::string resource_of(std::string_view route) {
  std::string resource;
  while (!route.empty()) {
    route.remove_prefix(1);
    const std::string_view segment = route.substr(0, route.find('/'));
    route.remove_prefix(segment.size());
    if (!is_version(segment)) resource.append("/").append(segment);
  }
  constexpr std::string_view kId = "/{id}";
  // "/tenant/{id}" is the tenant itself: its routes must not all be siblings.
  const bool deep = std::count(resource.begin(), resource.end(), '/') > 2;
  if (deep && resource.ends_with(kId)) resource.resize(resource.size() - kId.size());
  return resource;
}

std::uint64_t refusal_key(const Observation& observation, std::uint64_t tenant) {
  return mix(mix(TenantMemory::credential_of(observation), tenant),
             hash_of({observation.host, resource_of(observation.route)}));
}

std::uint64_t use_key(const Observation& observation, std::uint64_t credential) {
  return mix(hash_of({"credential", observation.host}), credential);
}

std::uint64_t bound_key(const Observation& observation, std::uint64_t tenant) {
  return mix(hash_of({observation.host}), tenant);
}

}  // namespace

std::uint64_t hash_of(std::initializer_list<std::string_view> texts) {
  LeafHash hash(0);
  for (const std::string_view text : texts) hash.add(text);
  return hash.value();
}

std::string_view owner_name(const Observation& observation, std::size_t i) {
  if (i < observation.owner_names.size()) return observation.owner_names[i];
  return "tenant";
}

bool is_judged(std::string_view method) { return method != "OPTIONS" && method != "HEAD"; }

std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return LeafHash(a).add(b).value(); }

ServedTable::ServedTable(std::size_t bytes) : sets_(64), most_sets_(64) {
  while (most_sets_ * 2 * sizeof(Set) <= bytes) most_sets_ *= 2;
}

std::size_t ServedTable::bytes() const { return sets_.size() * sizeof(Set); }

const Served* ServedTable::find(std::uint64_t key) const {
  const Set& set = sets_[set_of(key)];
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set.keys[i] == key) return &set.values[i];
  }
  return nullptr;
}

Served& ServedTable::at(std::uint64_t key) {
  while (true) {
    Set& set = sets_[set_of(key)];
    for (std::size_t i = 0; i < kWays; ++i) {
      if (set.keys[i] == key) return set.values[i];
    }
    for (std::size_t i = 0; i < kWays; ++i) {
      if (set.keys[i] != 0) continue;
      set.keys[i] = key;
      return set.values[i];
    }
    if (sets_.size() < most_sets_) {
      grow();
      continue;
    }
    const std::size_t place = set.next;
    set.next = static_cast<std::uint8_t>((place + 1) % kWays);
    set.keys[place] = key;
    ++evicted_;
    return set.values[place] = Served{};
  }
}

void ServedTable::grow() {
  std::vector<Set> old(sets_.size() * 2);
  old.swap(sets_);
  for (const Set& set : old) {
    for (std::size_t i = 0; i < kWays; ++i) {
      if (set.keys[i] != 0) at(set.keys[i]) = set.values[i];
    }
  }
}

bool Served::for_tenant(std::uint64_t tenant) const {
  return std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
}

const CredentialUse::Tenant* CredentialUse::most_used() const {
  const Tenant* best = nullptr;
  for (const Tenant& tenant : tenants) {
    if (tenant.accepted == 0) continue;
    if (best == nullptr || tenant.accepted > best->accepted ||
        (tenant.accepted == best->accepted && tenant.first_seen < best->first_seen)) {
      best = &tenant;
    }
  }
  return best;
}

bool CredentialUse::is_shared() const {
  if (home != 0) return false;
  if (tenants.size() >= kGatewayTenants) return nearly_all(accepted, accepted + refused);
  return tenants.size() >= 3 && most_used()->accepted * 2 < accepted;
}

bool CredentialUse::is_learned() const {
  const Tenant* tenant = most_used();
  return tenant != nullptr && accepted >= kLeastLearned && routes.size() >= kLeastRoutes &&
         nearly_all(tenant->accepted, accepted);
}

void CredentialUse::add(std::uint64_t id, const TenantSelector& selector,
                        const Observation& observation) {
  if (routes.size() < kLeastRoutes) routes.insert(hash_of({observation.route}));
  auto known = std::find_if(tenants.begin(), tenants.end(),
                            [id](const Tenant& tenant) { return tenant.id == id; });
  if (known == tenants.end()) {
    if (tenants.size() == kMostTenants) return;
    tenants.push_back({id, selector.tenant, selector.location, 0, observation.time});
    known = tenants.end() - 1;
  }
  ++known->accepted;
  known->first_seen = std::min(known->first_seen, observation.time);
}

TenantNames::TenantNames(const TenantOptions& options) {
  const auto plain = [](std::string_view name) { return hash_of({normalise_tenant(name)}) | 1; };
  for (const auto& [name, tenant] : options.aliases) {
    aliases_[plain(name)] = plain(tenant);
    configured_.insert(plain(tenant));
    for (const std::string_view known : {std::string_view(name), std::string_view(tenant)}) {
      shapes_.insert({plain(tenant), shape_of(normalise_tenant(known))});
    }
  }
  for (const auto& [fingerprint, tenant] : options.keys) configured_.insert(id_of(tenant));
  for (const auto& [parent, children] : options.tree) {
    configured_.insert(id_of(parent));
    for (const std::string& child : children) {
      configured_.insert(id_of(child));
      parents_[id_of(child)] = id_of(parent);
    }
  }
}

std::uint64_t TenantNames::id_of(std::string_view name) const {
  const std::uint64_t id = hash_of({normalise_tenant(name)}) | 1;
  const auto alias = aliases_.find(id);
  return alias == aliases_.end() ? id : alias->second;
}

bool TenantNames::is_within(std::uint64_t child, std::uint64_t parent) const {
  // A tree that is no tree must not keep us here.
  for (int level = 0; level < 16; ++level) {
    const auto found = parents_.find(child);
    if (found == parents_.end()) return false;
    child = found->second;
    if (child == parent) return true;
  }
  return false;
}

TenantMemory::TenantMemory(const TenantOptions& options, std::size_t max_bytes)
    : options_(options),
      names_(options),
      reader_(options),
      most_unread_bytes_(max_bytes / 4),
      served_(max_bytes / 4),
      uses_(share(max_bytes, 8, kUseBytes)),
      refusals_(share(max_bytes, 16, kRefusalBytes)),
      bound_(share(max_bytes, 32, kSmallBytes)),
      known_(share(max_bytes, 64, kSmallBytes)),
      anonymous_(share(max_bytes, 64, kSmallBytes)),
      read_(share(max_bytes, 64, kSmallBytes)),
      asked_(share(max_bytes, 64, kSmallBytes)) {}

std::size_t TenantMemory::bytes() const {
  const std::size_t small = bound_.size() + known_.size() + anonymous_.size() + read_.size();
  return served_.bytes() + unread_bytes_ + uses_.size() * kUseBytes +
         refusals_.size() * kRefusalBytes + small * kSmallBytes;
}

std::uint64_t TenantMemory::evicted() const {
  return served_.evicted() + uses_.evicted() + refusals_.evicted() + bound_.evicted() +
         known_.evicted() + anonymous_.evicted() + read_.evicted();
}

std::uint64_t TenantMemory::credential_of(const Observation& observation) {
  const auto& bytes = observation.credential.fingerprint.bytes;
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; })) {
    return hash_of({{reinterpret_cast<const char*>(bytes.data()), bytes.size()}}) | 1;
  }
  // Passwords have no fingerprint.
  return observation.principal.empty() ? 0 : hash_of({observation.principal}) | 1;
}

std::uint64_t TenantMemory::tag_of_route(const Observation& observation, std::uint64_t tenant) {
  return mix(hash_of({"route", observation.host, observation.route}), tenant);
}
std::uint64_t TenantMemory::tag_of_tenant(std::uint64_t tenant) {
  return mix(hash_of({"tenant"}), tenant);
}
std::uint64_t TenantMemory::tag_of_credential(const Observation& observation) {
  return use_key(observation, credential_of(observation));
}

const CredentialUse* TenantMemory::use_of(const Observation& observation) const {
  return uses_.find(tag_of_credential(observation));
}

bool TenantMemory::is_bound(const Observation& observation, std::uint64_t credential) const {
  const CredentialUse* use = uses_.find(use_key(observation, credential));
  return use != nullptr && use->is_bound();
}

Home TenantMemory::home_of(const Observation& observation) const {
  if (!observation.home.empty()) {
    return {observation.home,
            names_.id_of(observation.home),
            observation.home_source,
            observation.home_claim,
            {}};
  }
  const CredentialUse* use = use_of(observation);
  if (use == nullptr || use->is_shared()) return {};
  const CredentialUse::Tenant* home = use->most_used();
  if (home == nullptr) return {};
  // A customer or account that a credential asks for is an object as often as a tenant.
  const bool names_objects =
      home->location != "host" && family_of(tenant_noun(home->location)) == TenantFamily::Object;
  if (names_objects && !is_configured(home->location)) return {};
  if (use->is_learned()) return {home->name, home->id, HomeSource::Learned, {}, home->location};
  // Of two that are asked for about as often, the one that has no other credential.
  if (others_are_bound(observation, home->id)) {
    for (const CredentialUse::Tenant& tenant : use->tenants) {
      if (tenant.accepted * 2 < home->accepted || others_are_bound(observation, tenant.id))
        continue;
      return {tenant.name, tenant.id, HomeSource::None, {}, tenant.location};
    }
  }
  return {home->name, home->id, HomeSource::None, {}, home->location};
}

bool TenantMemory::is_configured(std::string_view place) const {
  const auto named = [place](std::string_view kind, const std::vector<std::string>& names) {
    return place.starts_with(kind) &&
           std::find(names.begin(), names.end(), place.substr(kind.size())) != names.end();
  };
  return place == "host" || named("header:", options_.headers) || named("query:", options_.query) ||
         named("json:", options_.query) || named("form:", options_.query) ||
         named("", options_.owner_fields);
}

Relation TenantMemory::relate(std::string_view place, std::string_view value,
                              const Home& home) const {
  const std::uint64_t id = names_.id_of(value);
  if (id == home.id || names_.is_within(id, home.id)) return Relation::Same;
  const std::string plain = normalise_tenant(value);
  const TenantShape shape = shape_of(plain);
  const TenantFamily family =
      place == "host" ? TenantFamily::Tenant : family_of(tenant_noun(place));
  const bool chosen = is_configured(place) || place == home.location;
  // Small numbers are everybody's ids: account 2 need not be tenant 2.
  const bool may_be_chance =
      shape == TenantShape::Number && family == TenantFamily::Object && !chosen;
  if (is_known(id) && !may_be_chance) return Relation::Foreign;
  if (shape != shape_of(normalise_tenant(home.name)) && !names_.has_shape(home.id, shape)) {
    return Relation::Unclear;
  }
  if (chosen) return Relation::Foreign;
  if (family != TenantFamily::Tenant && family != TenantFamily::Org) return Relation::Unclear;
  const TenantFamily known =
      family_of(tenant_noun(home.claim.empty() ? home.location : home.claim));
  const bool one_namespace = known == TenantFamily::None || known == family;
  return one_namespace ? Relation::Foreign : Relation::Unclear;
}

const Served* TenantMemory::served(const Observation& observation, std::uint64_t leaf) const {
  return served_.find(leaf_key(place_of(observation), leaf));
}

const Served::Witness* TenantMemory::witness(const Observation& observation,
                                             const Served& served) const {
  const std::uint64_t own = credential_of(observation);
  for (const Served::Witness& witness : served.witnesses) {
    if (witness.credential == 0 || witness.credential == own) continue;
    if (is_bound(observation, witness.credential)) return &witness;
  }
  return nullptr;
}

bool TenantMemory::was_read(const Observation& observation, std::uint64_t tenant) const {
  return read_.find(tag_of_route(observation, tenant)) != nullptr;
}

bool TenantMemory::anonymous_reads(const Observation& observation, std::uint64_t tenant) const {
  return anonymous_.find(tag_of_route(observation, tenant)) != nullptr;
}

bool TenantMemory::is_known(std::uint64_t tenant) const {
  return names_.is_configured(tenant) || known_.find(tenant) != nullptr;
}

bool TenantMemory::others_are_bound(const Observation& observation, std::uint64_t tenant) const {
  const Bound* bound = bound_.find(bound_key(observation, tenant));
  if (bound == nullptr) return false;
  const std::uint64_t own = credential_of(observation);
  return std::any_of(bound->credentials.begin(), bound->credentials.end(),
                     [&](std::uint64_t other) {
                       return other != 0 && other != own && is_bound(observation, other);
                     });
}

std::string TenantMemory::refused_sibling(const Observation& observation,
                                          std::uint64_t tenant) const {
  const Refusals* refusals = refusals_.find(refusal_key(observation, tenant));
  if (refusals == nullptr) return {};
  const std::string own = observation.method + " " + observation.route;
  for (const std::string& where : refusals->where) {
    if (where != own) return where;
  }
  return {};
}

std::vector<std::uint64_t> TenantMemory::note(const Observation& observation) {
  Tags news;
  if (observation.outcome == Outcome::Unknown || !is_judged(observation.method)) return news;
  if (!observation.selectors.empty() || !observation.owners.empty()) read_place(observation, news);
  if (!observation.has_credential) {
    note_anonymous(observation);
    return news;
  }
  if (observation.many_tenants || credential_of(observation) == 0) return news;
  if (!observation.home.empty()) note_known(names_.id_of(observation.home), news);
  if (!observation.home.empty() || !observation.selectors.empty()) note_use(observation, news);
  if (observation.outcome == Outcome::Refused) note_refusal(observation, news);
  if (observation.outcome != Outcome::Accepted) return news;
  if (const std::uint64_t tenant = tenant_of(observation); tenant != 0) {
    if (observation.unread_body.empty()) {
      note_served(observation, tenant, news);
    } else {
      note_unread(observation, tenant, news);
    }
  }
  return news;
}

// Most answers go to their own tenant on routes that nobody ever abuses. They are kept as they came
// and read only when somebody asks for another tenant's data on that route; from then on each is
// read as it comes.
void TenantMemory::note_unread(const Observation& observation, std::uint64_t tenant, Tags& news) {
  const std::uint64_t place = place_of(observation);
  if (asked_.find(place) != nullptr) {
    read_body(observation, tenant, observation.unread_body, news);
    return;
  }
  char& read = read_.at(tag_of_route(observation, tenant));
  if (read == 0) news.push_back(tag_of_route(observation, tenant));
  read = 1;
  const auto& frames = observation.evidence.request_frames;
  unread_bytes_ += observation.unread_body.size() + sizeof(Unread);
  unread_.push_back({place, tenant, observation.unread_body, observation.host, observation.route,
                     observation.credential, observation.time,
                     frames.empty() ? PacketRef{} : frames.front()});
  while (unread_bytes_ > most_unread_bytes_) {
    unread_bytes_ -= unread_.front().body.size() + sizeof(Unread);
    unread_.pop_front();
  }
}

void TenantMemory::read_place(const Observation& observation, Tags& news) {
  const std::uint64_t place = place_of(observation);
  if (asked_.find(place) != nullptr) return;
  asked_.at(place) = 1;
  for (Unread& unread : unread_) {
    if (unread.place != place || unread.body.empty()) continue;
    Observation own;
    own.host = unread.host;
    own.route = unread.route;
    own.method = "GET";
    own.outcome = Outcome::Accepted;
    own.credential = unread.credential;
    own.has_credential = true;
    own.time = unread.time;
    if (unread.frame.frame != 0) own.evidence.request_frames = {unread.frame};
    read_body(own, unread.tenant, unread.body, news);
    unread_bytes_ -= unread.body.size();
    std::string().swap(unread.body);
  }
}

void TenantMemory::read_body(const Observation& observation, std::uint64_t tenant,
                             std::string_view body, Tags& news) {
  Observation read = observation;
  read.unread_body.clear();
  reader_.read_answer(body, "application/json", {}, read);
  if (read.outcome == Outcome::Accepted) note_served(read, tenant, news);
}

std::uint64_t TenantMemory::tenant_of(const Observation& observation) const {
  if (!observation.home.empty()) {
    const Home home = home_of(observation);
    for (const TenantSelector& selector : observation.selectors) {
      if (relate(selector.location, selector.tenant, home) == Relation::Foreign) return 0;
    }
    for (std::size_t i = 0; i < observation.owners.size(); ++i) {
      if (relate(owner_name(observation, i), observation.owners[i], home) == Relation::Foreign)
        return 0;
    }
    return home.id;
  }
  std::uint64_t asked = 0;
  for (const TenantSelector& selector : observation.selectors) {
    const std::uint64_t id = names_.id_of(selector.tenant);
    if (asked != 0 && asked != id) return 0;
    asked = id;
  }
  if (asked != 0) return asked;
  const Home home = home_of(observation);
  const CredentialUse* use = use_of(observation);
  return use != nullptr && use->is_bound() ? home.id : 0;
}

void TenantMemory::note_anonymous(const Observation& observation) {
  // What anybody may write is no public object, and an empty answer shows none.
  if (observation.outcome != Outcome::Accepted || observation.method != "GET" ||
      observation.empty_document) {
    return;
  }
  for (const TenantSelector& selector : observation.selectors) {
    anonymous_.at(tag_of_route(observation, names_.id_of(selector.tenant))) = 1;
  }
  const std::uint64_t place = place_of(observation);
  for (const std::uint64_t leaf : observation.leaves) {
    served_.at(leaf_key(place, leaf)).anonymous = true;
  }
}

void TenantMemory::note_known(std::uint64_t tenant, Tags& news) {
  if (is_known(tenant)) return;
  known_.at(tenant) = 1;
  news.push_back(tag_of_tenant(tenant));
}

void TenantMemory::note_use(const Observation& observation, Tags& news) {
  CredentialUse& use = uses_.at(tag_of_credential(observation));
  if (!observation.home.empty()) use.home = names_.id_of(observation.home);
  const bool accepted = observation.outcome == Outcome::Accepted;
  if (!observation.selectors.empty() && !(accepted && observation.empty_document)) {
    const CredentialUse::Tenant* before = use.most_used();
    const std::uint64_t most_before = before == nullptr ? 0 : before->id;
    const bool learned_before = use.is_learned();
    const std::size_t tenants_before = use.tenants.size();
    ++(accepted ? use.accepted : use.refused);
    const TenantSelector& selector = observation.selectors.front();
    if (accepted) use.add(names_.id_of(selector.tenant), selector, observation);
    const CredentialUse::Tenant* most = use.most_used();
    const bool changed = (most != nullptr && most->id != most_before) ||
                         use.is_learned() != learned_before || use.tenants.size() != tenants_before;
    if (use.home == 0 && changed) news.push_back(tag_of_credential(observation));
    if (use.home == 0 && use.is_learned() && !learned_before) note_known(most->id, news);
  }
  if (!accepted || !use.is_bound()) return;
  const std::uint64_t tenant = use.home != 0 ? use.home : use.most_used()->id;
  note_bound(observation, tenant, tag_of_tenant(tenant), news);
  note_bound(observation, 0, 0, news);
}

void TenantMemory::note_bound(const Observation& observation, std::uint64_t tenant,
                              std::uint64_t tag, Tags& news) {
  const std::uint64_t credential = credential_of(observation);
  auto& known = bound_.at(bound_key(observation, tenant)).credentials;
  if (std::find(known.begin(), known.end(), credential) != known.end()) return;
  for (std::uint64_t& place : known) {
    // One that turned out to serve many tenants says nothing any more.
    if (place != 0 && is_bound(observation, place)) continue;
    place = credential;
    if (tag != 0) news.push_back(tag);
    return;
  }
}

void TenantMemory::note_refusal(const Observation& observation, Tags& news) {
  // 401 may be about the credential and 404 about the object: neither shows that tenants are told
  // apart.
  const int status = observation.evidence.status;
  if (status == 401 || status == 404) return;
  const std::string where = observation.method + " " + observation.route;
  for (const TenantSelector& selector : observation.selectors) {
    const std::uint64_t tenant = names_.id_of(selector.tenant);
    auto& known = refusals_.at(refusal_key(observation, tenant)).where;
    if (known.size() >= 4 || std::find(known.begin(), known.end(), where) != known.end()) continue;
    known.push_back(where);
    news.push_back(tag_of_tenant(tenant));
  }
}

bool TenantMemory::note_witness(const Observation& observation, Served& served, PacketRef frame) {
  const std::uint64_t credential = credential_of(observation);
  for (const Served::Witness& known : served.witnesses) {
    if (known.credential == credential) return false;
  }
  for (Served::Witness& known : served.witnesses) {
    // One that serves many tenants bears no witness.
    if (known.credential != 0 && is_bound(observation, known.credential)) continue;
    known = {credential, frame};
    return true;
  }
  return false;
}

void TenantMemory::note_served(const Observation& observation, std::uint64_t tenant, Tags& news) {
  const auto& frames = observation.evidence.request_frames;
  const PacketRef frame = frames.empty() ? PacketRef{} : frames.front();
  bool is_new = false;
  char& read = read_.at(tag_of_route(observation, tenant));
  if (read == 0) is_new = true;
  read = 1;
  const std::uint64_t where = place_of(observation);
  for (const std::uint64_t leaf : observation.leaves) {
    Served& served = served_.at(leaf_key(where, leaf));
    if (served.first_seen == Timestamp{} || observation.time < served.first_seen) {
      served.first_seen = observation.time;
    }
    if (const auto place =
            std::find_if(served.tenants.begin(), served.tenants.end(),
                         [tenant](std::uint64_t known) { return known == 0 || known == tenant; });
        place != served.tenants.end() && *place == 0) {
      *place = tenant;
      is_new = true;
    }
    if (note_witness(observation, served, frame)) is_new = true;
  }
  if (is_new) news.push_back(tag_of_route(observation, tenant));
}

}  // namespace leaktap
