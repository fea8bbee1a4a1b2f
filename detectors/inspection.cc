#include "detectors/inspection.h"

#include <algorithm>

#include "detectors/classifier.h"
#include "detectors/community_id.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kMostFrames = 16;  // of each message in evidence

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return mix(hash, text.size());
}

std::uint64_t mix(std::uint64_t hash, const Endpoint& endpoint) {
  for (std::size_t i = 0; i < endpoint.ip.bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word = (word << 8) | endpoint.ip.bytes[i + j];
    hash = mix(hash, word);
  }
  return mix(hash, endpoint.port);
}

}  // namespace

CredentialSummary CredentialSighting::summary() const {
  CredentialSummary summary;
  summary.kind = kind;
  const Rule* rule = credential->rule;
  if (rule != nullptr) summary.provider = rule->provider;
  summary.sensitivity = sensitivity();
  // Passwords get no exported fingerprint and no length.
  const bool password = kind == CredentialKind::Password || kind == CredentialKind::Basic;
  if (!password) summary.fingerprint = credential->fingerprint;
  summary.preview = preview_of(kind, rule != nullptr ? rule->prefix : std::string_view{},
                               credential->value.size());
  return summary;
}

Sensitivity CredentialSighting::sensitivity() const {
  return credential->rule != nullptr ? credential->rule->sensitivity : Sensitivity::Secret;
}

std::string CredentialSighting::location() const {
  const std::string prefix = part == Part::Response ? "response-" : "";
  const std::string shown = name.empty() ? "*" : name;
  switch (place) {
    case Place::Query:
      return "query:" + shown;
    case Place::Path:
      return "path";
    case Place::Matrix:
      return "matrix:" + shown;
    case Place::Userinfo:
      return "userinfo";
    case Place::Header:
      return prefix + "header:" + shown;
    case Place::Cookie:
      return "cookie:" + shown;
    case Place::SetCookie:
      return "set-cookie:" + shown;
    case Place::Referer:
      return "header:referer:query:" + shown;
    case Place::Redirect:
      return "response-header:" + std::string(field) + ":query:" + shown;
    case Place::RedirectFragment:
      return "response-header:" + std::string(field) + ":fragment:" + shown;
    case Place::Form:
      return prefix + "form:" + shown;
    case Place::Json:
      return prefix + "json:" + shown;
    case Place::Body:
      break;
  }
  return part == Part::Response ? "response-body" : "request-body";
}

const CredentialSighting* Inspection::speaker() const {
  const auto rank = [](const CredentialSighting& sighting) {
    if (sighting.part != Part::Request || sighting.sensitivity() != Sensitivity::Secret) return 0;
    if (sighting.place == Place::Header) {
      return sighting.name == "authorization" ? 5 : sighting.name == "proxy-authorization" ? 1 : 4;
    }
    if (sighting.place == Place::Cookie) return 3;
    const bool speaks = sighting.kind != CredentialKind::SignedUrl &&
                        sighting.kind != CredentialKind::AuthorizationCode;
    return sighting.place == Place::Query && speaks ? 2 : 0;
  };
  const CredentialSighting* best = nullptr;
  for (const CredentialSighting& sighting : sightings) {
    if (rank(sighting) > (best == nullptr ? 0 : rank(*best))) best = &sighting;
  }
  return best;
}

Timestamp Inspection::time() const {
  return exchange->has_request ? exchange->request.first_seen : exchange->response.first_seen;
}

std::uint32_t Inspection::capture() const {
  const HttpMessage& message = exchange->has_request ? exchange->request : exchange->response;
  return message.frames.empty() ? 0 : message.frames.front().frame.capture;
}

std::uint64_t Inspection::finding_key(DetectorId detector, std::string_view location, Part part,
                                      std::uint64_t position) const {
  const HttpMessage& message = exchange->message(part);
  std::uint64_t hash = mix(0, static_cast<std::uint64_t>(to_nanoseconds(time())));
  hash = mix(hash, exchange->client);
  hash = mix(hash, exchange->server);
  // Sequence numbers rather than positions: a capture that joins the connection late counts alike.
  const Direction client_side = exchange->request_direction.value_or(Direction::FromOpener);
  const Direction side = part == Part::Request ? client_side : opposite(client_side);
  const std::uint32_t sequence = exchange->flow->base_sequence[index_of(side)] +
                                 static_cast<std::uint32_t>(message.range.begin);
  hash = mix(hash, (std::uint64_t{sequence} << 8) | static_cast<std::uint64_t>(part));
  hash = mix(hash, position);
  return mix(mix(hash, static_cast<std::uint64_t>(detector)), location);
}

Evidence Inspection::evidence() const {
  Evidence evidence;
  evidence.time = time();
  evidence.client = exchange->client;
  evidence.server = exchange->server;
  evidence.vlan = exchange->flow->vlan;
  evidence.community_id = community_id(exchange->client, exchange->server);
  evidence.tls = exchange->tls;
  evidence.http_version = exchange->http_version;
  evidence.complete = !exchange->gap && exchange->has_request && exchange->has_response &&
                      exchange->request.whole && exchange->response.whole;
  if (exchange->has_request) {
    const HttpMessage& request = exchange->request;
    evidence.request_frames = request.frames_of(request.range, kMostFrames);
    evidence.request = std::string(request.method_text()) + " " + redacted_target(false);
  }
  if (exchange->has_response) {
    const HttpMessage& response = exchange->response;
    evidence.response_frames = response.frames_of(response.range, kMostFrames);
    evidence.status = response.status;
  }
  return evidence;
}

}  // namespace leaktap
