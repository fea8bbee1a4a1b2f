#include "detectors/observer.h"

#include <algorithm>
#include <tuple>

#include "detectors/json_walker.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kMostValues = 200;  // that the client sent

const JwtClaims* claims_of(const CredentialSighting& sighting) {
  return sighting.credential->claims ? &*sighting.credential->claims : nullptr;
}

class ValueCollector : public JsonVisitor {
 public:
  explicit ValueCollector(std::vector<std::string>& values) : values_(values) {}
  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type == JsonType::String || leaf.type == JsonType::Number) values_.emplace_back(leaf.value);
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

// A credential may come in company; the first that is at home somewhere speaks for the tenant.
const CredentialSighting* Observer::find_home(const Inspection& inspection, Observation& observation) const {
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

// What the client sent, as an answer may echo it: selectors, path segments, the values of query and body.
void Observer::collect_sent(const HttpMessage& request, const Observation& observation) {
  sent_values_.clear();
  for (const TenantSelector& selector : observation.selectors) sent_values_.push_back(selector.tenant);
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
  collect_sent(request, observation);
  tenants_.read_answer(response.body, response.field("content-type").value_or(""), sent_, observation);
  tenants_.read_request(request.body, request_type, observation);
  // Evidence is dear; without a selector or an owner nothing can be said against the request.
  if (!observation.selectors.empty() || !observation.owners.empty()) {
    observation.evidence = inspection.evidence();
  }
  return observation;
}

}  // namespace leaktap
