#include "detectors/observer.h"

#include <algorithm>
#include <tuple>

#include "detectors/json_walker.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kShortestOwner = 7;  // that NeedleSet can look for
constexpr std::size_t kLongestUnread = 16 * 1024;
constexpr std::size_t kMostValues = 200;  // that the client sent

const JwtClaims* claims_of(const CredentialSighting& sighting) {
  return sighting.credential->claims ? &*sighting.credential->claims : nullptr;
}

class ValueCollector : public JsonVisitor {
 public:
  explicit ValueCollector(std::vector<std::string>& values) : values_(values) {}
  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type == JsonType::String || leaf.type == JsonType::Number)
      values_.emplace_back(leaf.value);
    return values_.size() < kMostValues;
  }

 private:
  std::vector<std::string>& values_;
};

void split(std::string_view text, std::string_view separators, std::vector<std::string>& values) {
  while (!text.empty() && values.size() < kMostValues) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) values.push_back(percent_decode(text.substr(0, end), true));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Observer::Observer(const TenantOptions& options) : tenants_(options) {
  // Every member that TenantReader takes for an owner begins like one of these, whatever its
  // spelling.
  std::vector<std::string> beginnings{"\"tenant", "\"organi", "\"owner_", "\"owneri",  "\"accoun",
                                      "\"custom", "\"worksp", "\"org_id", "\"orgid\"", "\"org-id"};
  for (const char value : std::string_view("\"{[ 0123456789")) {
    beginnings.push_back(std::string("\"org\":") + value);
  }
  for (const std::string& field : options.owner_fields) beginnings.push_back("\"" + field + "\"");
  for (std::string& beginning : beginnings) {
    if (beginning.size() < kShortestOwner) may_leave_unread_ = false;
    owner_names_.push_back({std::move(beginning), "raw", true});
  }
  if (may_leave_unread_) owner_search_.add(0, owner_names_);
}

// An answer to its own tenant that names no owner: it is kept as it is and not read.
bool Observer::leave_unread(const HttpMessage& response, Observation& observation) {
  if (!may_leave_unread_ || !observation.selectors.empty() || !observation.complete ||
      observation.outcome != Outcome::Accepted || response.body.empty() ||
      response.body.size() > kLongestUnread || response.body.size() != response.body_bytes) {
    return false;
  }
  const std::string_view type = response.field("content-type").value_or("");
  if (type.find("json") == std::string_view::npos) return false;
  hits_.clear();
  owner_search_.find(response.body, 1, hits_);
  if (!hits_.empty()) return false;
  observation.unread_body = response.body;
  return true;
}

// A credential may come in company; the first that is at home somewhere speaks for the tenant.
const CredentialSighting* Observer::find_home(const Inspection& inspection,
                                              Observation& observation) const {
  const CredentialSighting* speaker = inspection.speaker();
  if (speaker == nullptr) return nullptr;
  const auto at_home = [&](const CredentialSighting& sighting) {
    std::tie(observation.home, observation.home_source) =
        tenants_.home_of(sighting.credential->fingerprint, claims_of(sighting));
    return observation.home_source != HomeSource::None;
  };
  if (at_home(*speaker)) return speaker;
  for (const CredentialSighting& sighting : inspection.sightings) {
    if (sighting.part == Part::Request && at_home(sighting)) return &sighting;
  }
  return speaker;
}

// What the client sent, as an answer may echo it: selectors, path segments, the values of query and
// body.
void Observer::collect_sent(const HttpMessage& request, const Observation& observation) {
  sent_values_.clear();
  for (const TenantSelector& selector : observation.selectors)
    sent_values_.push_back(selector.tenant);
  split(path_of(request.target_text()), "/;=", sent_values_);
  split(query_of(request.target_text()), "&=", sent_values_);
  const std::string type = to_lower(request.field("content-type").value_or(""));
  if (type.find("json") != std::string::npos) {
    ValueCollector collector(sent_values_);
    walk_json(request.body, {}, collector);
  } else if (type.find("form") != std::string::npos) {
    split(request.body, "&=", sent_values_);
  }
  sent_.assign(sent_values_.begin(), sent_values_.end());
}

// What the client sent matters only where the answer could be another tenant's; most are the
// credential's own, and are read without it.
bool Observer::read_answer(const HttpMessage& response, const HttpMessage& request,
                           Observation& observation) {
  const std::string_view type = response.field("content-type").value_or("");
  const bool at_home = observation.home_source != HomeSource::None &&
                       std::all_of(observation.selectors.begin(), observation.selectors.end(),
                                   [&](const TenantSelector& selector) {
                                     return equals_ignoring_case(selector.tenant, observation.home);
                                   });
  sent_.clear();
  if (at_home) {
    if (leave_unread(response, observation)) return false;
    const Outcome outcome = observation.outcome;
    tenants_.read_answer(response.body, type, sent_, observation);
    const bool foreign = !observation.echoed_owners.empty() || observation.owner_in_list ||
                         std::any_of(observation.owners.begin(), observation.owners.end(),
                                     [&](const std::string& owner) {
                                       return !equals_ignoring_case(owner, observation.home);
                                     });
    if (!foreign) return false;
    observation.outcome = outcome;
    observation.owners.clear();
    observation.echoed_owners.clear();
    observation.owner_names.clear();
    observation.owner_in_list = false;
    observation.leaves.clear();
  }
  collect_sent(request, observation);
  tenants_.read_answer(response.body, type, sent_, observation);
  return true;
}

std::optional<Observation> Observer::observe(const Inspection& inspection,
                                             const PrincipalNames& principals) {
  const HttpExchange& exchange = *inspection.exchange;
  const HttpMessage& request = exchange.request;
  const HttpMessage& response = exchange.response;
  fields_.clear();
  for (const HttpMessage::Field& field : request.fields) {
    fields_.emplace_back(request.text(field.name), request.text(field.value));
  }
  Observation observation;
  observation.selectors = tenants_.selectors(inspection.host, request.target_text(), fields_);
  const std::string_view request_type = request.field("content-type").value_or("");
  if (!request.body.empty()) {
    for (TenantSelector& selector : tenants_.body_selectors(request.body, request_type)) {
      observation.selectors.push_back(std::move(selector));
    }
  }
  const CredentialSighting* speaker = find_home(inspection, observation);
  if (observation.selectors.empty() && observation.home_source == HomeSource::None) {
    return std::nullopt;
  }
  observation.completed = exchange.completed;
  observation.flow = exchange.flow->hash;
  observation.position = request.range.begin;
  observation.service = inspection.service;
  observation.host = inspection.host;
  observation.method = inspection.method;
  observation.route = inspection.route;
  observation.outcome = inspection.outcome;
  observation.complete = !exchange.gap && request.whole && response.whole &&
                         !response.unknown_coding && !response.coding_failed;
  observation.body_empty = response.body_bytes == 0;
  observation.time = inspection.time();
  observation.capture = inspection.capture();
  observation.key = inspection.finding_key(DetectorId::CrossTenantAccess, {}, Part::Request, 0);
  if (speaker != nullptr) {
    const JwtClaims* claims = claims_of(*speaker);
    observation.has_credential = true;
    observation.credential = speaker->summary();
    observation.principal = principals.of(*speaker->credential);
    observation.many_tenants = tenants_.many_tenants(speaker->credential->fingerprint, claims);
    if (observation.home_source == HomeSource::Claim) {
      observation.home_claim = tenants_.home_claim(claims);
    }
  }
  const bool may_be_foreign = read_answer(response, request, observation);
  tenants_.read_request(request.body, request_type, observation);
  // Evidence is dear: of an answer to its own tenant only the frame is told, as a witness.
  if (may_be_foreign) {
    observation.evidence = inspection.evidence();
  } else {
    observation.evidence.request_frames = request.frames_of(request.range, 1);
    observation.evidence.status = response.status;
  }
  return observation;
}

}  // namespace leaktap
