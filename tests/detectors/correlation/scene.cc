#include "scene.h"

#include <algorithm>

#include "detectors/json_walker.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

// All that the client sent: header values, path segments, query values, members of the body.
class SentValues : public JsonVisitor {
 public:
  bool leaf(const JsonLeaf& leaf) override {
    values.emplace_back(leaf.value);
    return true;
  }
  std::vector<std::string> values;
};

std::vector<std::string> sent_by(const Ask& ask) {
  SentValues sent;
  for (const auto& [name, value] : ask.headers) sent.values.push_back(value);
  std::string word;
  for (const char c : ask.target + "/") {
    if (c == '/' || c == '?' || c == '&' || c == '=') {
      if (!word.empty()) sent.values.push_back(percent_decode(word, true));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!ask.body.empty()) walk_json(ask.body, {}, sent);
  return sent.values;
}

JwtClaims claims_of(const Caller& who) {
  JwtClaims claims;
  claims.subject = "user-of-" + who.key;
  if (!who.tenant.empty()) claims.claims.emplace_back("tenant_id", who.tenant);
  for (const auto& [name, value] : who.claims) {
    claims.claims.emplace_back(name, value);
    if (name == "sub") claims.subject = value;
    if (name == "client_id") claims.client_id = value;
  }
  claims.roles = who.roles;
  return claims;
}

}  // namespace

Fingerprint fingerprint_of(std::string_view key) {
  Fingerprint fingerprint;
  for (std::size_t i = 0; i < key.size() && i < 16; ++i) {
    fingerprint.bytes[i] = static_cast<std::uint8_t>(key[i]);
  }
  return fingerprint;
}

Observation observe(const Ask& ask, const TenantOptions& options, int number) {
  const TenantReader reader(options);
  Observation seen;
  seen.time = seen.completed = Timestamp{} + std::chrono::seconds(1000 + number);
  seen.key = static_cast<std::uint64_t>(number);
  seen.service = seen.host = ask.host;
  seen.method = ask.method;
  seen.route = route_of(path_of(ask.target));
  const bool refused = ask.status == 401 || ask.status == 403 || ask.status == 404;
  seen.outcome = refused ? Outcome::Refused : Outcome::Accepted;
  seen.complete = ask.complete;
  seen.evidence.status = ask.status;
  seen.evidence.request_frames = {{0, static_cast<std::uint64_t>(number)}};
  std::vector<std::pair<std::string_view, std::string_view>> fields(ask.headers.begin(),
                                                                    ask.headers.end());
  seen.selectors = reader.selectors(ask.host, ask.target, fields);
  for (auto& selector : reader.body_selectors(ask.body, "application/json"))
    seen.selectors.push_back(selector);
  if (!ask.who.key.empty()) {
    const JwtClaims claims = claims_of(ask.who);
    const bool opaque = ask.who.tenant.empty() && ask.who.claims.empty() && ask.who.roles.empty();
    const JwtClaims* known = opaque ? nullptr : &claims;
    seen.has_credential = true;
    seen.credential.fingerprint = fingerprint_of(ask.who.key);
    std::tie(seen.home, seen.home_source) = reader.home_of(seen.credential.fingerprint, known);
    seen.home_claim = reader.home_claim(known);
    seen.many_tenants = reader.many_tenants(seen.credential.fingerprint, known);
  }
  const std::vector<std::string> sent = sent_by(ask);
  reader.read_answer(ask.answer, ask.type, {sent.begin(), sent.end()}, seen);
  reader.read_request(ask.body, "application/json", seen);
  return seen;
}

void Scene::add(const Finding& finding) {
  std::string place = std::string(finding.method) + " " + std::string(finding.route) + " " +
                      std::string(finding.location) + " " + std::string(finding.home_tenant) + ">" +
                      std::string(finding.accessed_tenant);
  const Kept kept{std::move(place), finding.confidence, finding.severity};
  const auto [entry, is_new] = findings_.try_emplace(finding.key, kept);
  if (!is_new && entry->second.confidence < kept.confidence) entry->second = kept;
  why_.clear();
  for (const std::string& why : finding.evidence->evidence().why) why_ += why + "\n";
}

Scene& Scene::play(const std::vector<Ask>& asks) {
  for (const Ask& ask : asks) correlator_.add(observe(ask, options_, ++number_), *this);
  return *this;
}

Scene& Scene::finish() {
  correlator_.finish(*this);
  return *this;
}

std::string Scene::incidents() const {
  std::map<std::string, int> counts;
  for (const auto& [key, kept] : findings_) {
    ++counts[kept.place + " " + std::string(name_of(kept.confidence)) + " " +
             std::string(name_of(kept.severity))];
  }
  std::string text;
  for (const auto& [incident, count] : counts) {
    if (!text.empty()) text += "\n";
    text += incident + " x" + std::to_string(count);
  }
  return text;
}

std::string record_of(std::string_view tenant, int number, std::string_view more) {
  const std::string tag = std::string(tenant.substr(0, 2)) + std::to_string(number);
  std::string text = "{\"id\":" + std::to_string(1000 + number);
  for (const char* name :
       {"customer", "city", "colour", "reference", "product", "carrier", "note", "agent"}) {
    text += ",\"" + std::string(name) + "\":\"" + name + " of " + tag + "\"";
  }
  return text + std::string(more) + "}";
}

}  // namespace leaktap
