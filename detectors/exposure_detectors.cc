#include "detectors/exposure_detectors.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::string_view kAny = "*";

// What one detector says of one credential; the rest of the finding follows from the exchange.
struct Claim {
  DetectorId detector;
  Severity severity;
  Confidence confidence;
  const CredentialSighting* sighting;
  std::string location;
  Part part;                   // where the claim's bytes stand
  std::uint64_t position;      // in that message
  bool whole_service = false;  // method and route do not matter
};

// `Why` gives the sentence when it is wanted: most findings only add to a count.
template <typename Why>
class ClaimEvidence : public EvidenceSource {
 public:
  ClaimEvidence(const Inspection& inspection, const Why& why)
      : inspection_(inspection), why_(why) {}
  [[nodiscard]] Evidence evidence() const override {
    Evidence evidence = inspection_.evidence();
    evidence.why.push_back(why_());
    return evidence;
  }

 private:
  const Inspection& inspection_;
  const Why& why_;
};

template <typename Why>
void report(const Inspection& inspection, const DetectionContext& context, const Claim& claim,
            const Why& why) {
  const ClaimEvidence<Why> evidence(inspection, why);
  Finding finding;
  finding.detector = claim.detector;
  finding.severity = capped(claim.severity, claim.confidence);
  finding.confidence = claim.confidence;
  finding.service = inspection.service;
  finding.host = inspection.host;
  finding.method = claim.whole_service ? kAny : std::string_view(inspection.method);
  finding.route = claim.whole_service ? kAny : std::string_view(inspection.route);
  finding.location = claim.location;
  finding.credential = claim.sighting->summary();
  finding.outcome = inspection.outcome;
  finding.principal = context.principals.of(*claim.sighting->credential);
  finding.time = inspection.time();
  finding.capture = inspection.capture();
  finding.key = inspection.finding_key(claim.detector, claim.location, claim.part, claim.position);
  finding.evidence = &evidence;
  context.findings.add(finding);
  if (context.reveal != nullptr) {
    context.reveal->reveal(claim.sighting->credential->fingerprint,
                           claim.sighting->credential->value);
  }
}

// By format, by a place that holds nothing else, or by equality the bytes show it; a name alone
// leaves one link to infer.
Confidence confidence_of(Basis basis) {
  return basis >= Basis::Place ? Confidence::Proof : Confidence::Strong;
}

std::string kind_text(const CredentialSighting& sighting) {
  std::string text(name_of(sighting.kind));
  if (sighting.credential->rule != nullptr) {
    text += " (" + std::string(sighting.credential->rule->id) + ")";
  }
  return text;
}

std::string basis_text(const CredentialSighting& sighting) {
  switch (sighting.basis) {
    case Basis::Equal:
      return "equals a credential that stands elsewhere in the same exchange";
    case Basis::Jwt:
      return "is a JSON Web Token";
    case Basis::Format:
      return "has the format of " + kind_text(sighting);
    case Basis::Place:
      return "stands where only credentials stand";
    case Basis::UnambiguousName:
      return "has the name of a credential";
    case Basis::AmbiguousName:
      break;
  }
  return "is random and has a name that credentials have";
}

// Signed links are meant to be URLs, publishable keys to be seen.
Severity impact_of(DetectorId detector, const CredentialSighting& sighting) {
  if (sighting.kind == CredentialKind::SignedUrl) return Severity::Info;
  if (sighting.sensitivity() != Sensitivity::Secret) return Severity::Info;
  if (sighting.name == "id_token_hint") return Severity::Low;
  return info_of(detector).impact;
}

// A code on its way back to the client belongs there; OAuth flows are judged as such.
bool is_code(const CredentialSighting& sighting) {
  return sighting.kind == CredentialKind::AuthorizationCode;
}

bool is_address_part(const CredentialSighting& sighting) {
  return sighting.part == Part::Request && !is_code(sighting) &&
         (sighting.place == Place::Query || sighting.place == Place::Path ||
          sighting.place == Place::Matrix || sighting.place == Place::Userinfo);
}

void credential_in_url(const Inspection& inspection, const DetectionContext& context) {
  for (const CredentialSighting& sighting : inspection.sightings) {
    if (!is_address_part(sighting) || sighting.sensitivity() == Sensitivity::Identifier) continue;
    const Severity impact = impact_of(DetectorId::CredentialInUrl, sighting);
    const std::string location = sighting.location();
    report(inspection, context,
           {DetectorId::CredentialInUrl,
            impact == Severity::Info ? impact : severity_of(impact, sighting, inspection.time()),
            confidence_of(sighting.basis), &sighting, location, Part::Request, sighting.begin},
           [&] {
             return "the value at " + location + " of the request target " + basis_text(sighting);
           });
  }
}

// The last two labels: close enough to tell one's own pages from a third party's.
std::string_view site_of(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return host;
  const std::size_t before = host.rfind('.', dot - 1);
  return before == std::string_view::npos ? host : host.substr(before + 1);
}

void credential_in_referer(const Inspection& inspection, const DetectionContext& context) {
  for (const CredentialSighting& sighting : inspection.sightings) {
    if (sighting.place != Place::Referer || is_code(sighting) ||
        sighting.sensitivity() == Sensitivity::Identifier)
      continue;
    const std::string_view referer = inspection.exchange->request.field("referer").value_or("");
    std::string_view authority = referer;
    if (const std::size_t scheme = authority.find("://"); scheme != std::string_view::npos) {
      authority.remove_prefix(scheme + 3);
    }
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      authority.remove_prefix(at + 1);
    }
    const std::string from = host_of(authority, inspection.exchange->server);
    const bool foreign = site_of(from) != site_of(inspection.host);
    Severity impact = impact_of(DetectorId::CredentialInReferer, sighting);
    if (impact > Severity::Low) impact = foreign ? Severity::High : Severity::Medium;
    report(inspection, context,
           {DetectorId::CredentialInReferer, impact, confidence_of(sighting.basis), &sighting,
            sighting.location(), Part::Request, sighting.begin},
           [&] {
             return std::string("the Referer header hands ") +
                    (foreign ? "another site" : "the next request") +
                    " the URL of the page before, whose value at query:" + sighting.name + " " +
                    basis_text(sighting);
           });
  }
}

void credential_in_redirect(const Inspection& inspection, const DetectionContext& context) {
  const HttpExchange& exchange = *inspection.exchange;
  for (const CredentialSighting& sighting : inspection.sightings) {
    const bool redirect =
        sighting.place == Place::Redirect || sighting.place == Place::RedirectFragment;
    if (!redirect || is_code(sighting) || sighting.sensitivity() == Sensitivity::Identifier)
      continue;
    if (sighting.kind == CredentialKind::SignedUrl) continue;  // a presigned download
    const Severity impact = impact_of(DetectorId::CredentialInRedirect, sighting);
    const std::string location = sighting.location();
    report(inspection, context,
           {DetectorId::CredentialInRedirect,
            impact == Severity::Info ? impact : severity_of(impact, sighting, inspection.time()),
            confidence_of(sighting.basis), &sighting, location, Part::Response, sighting.begin},
           [&] {
             return "the answer (status " + std::to_string(exchange.response.status) +
                    ") sends the client to a URL whose value at " + location + " " +
                    basis_text(sighting);
           });
  }
}

// RFC 1918, RFC 4193, link-local: a network of one's own.
bool is_private(const IpAddress& ip) {
  const auto& b = ip.bytes;
  if (ip.is_v4()) {
    return b[12] == 10 || (b[12] == 172 && (b[13] & 0xf0) == 16) ||
           (b[12] == 192 && b[13] == 168) || (b[12] == 169 && b[13] == 254);
  }
  return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

void credential_over_cleartext(const Inspection& inspection, const DetectionContext& context) {
  const HttpExchange& exchange = *inspection.exchange;
  if (exchange.tls) return;
  Severity severity = Severity::High;
  if (is_private(exchange.server.ip) && is_private(exchange.client.ip)) severity = Severity::Low;
  if (inspection.loopback) severity = Severity::Info;
  for (std::size_t i = 0; i < inspection.sightings.size(); ++i) {
    const CredentialSighting& sighting = inspection.sightings[i];
    if (sighting.sensitivity() != Sensitivity::Secret ||
        sighting.kind == CredentialKind::SignedUrl || is_code(sighting)) {
      continue;
    }
    // The same value at several places of one exchange was sent in clear once.
    const bool again = std::any_of(
        inspection.sightings.begin(), inspection.sightings.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const CredentialSighting& earlier) {
          return earlier.credential == sighting.credential && earlier.kind == sighting.kind;
        });
    if (again) continue;
    report(inspection, context,
           {DetectorId::CredentialOverCleartext, severity, confidence_of(sighting.basis), &sighting,
            std::string(kAny), sighting.part, sighting.begin, true},
           [&] {
             return "a " + kind_text(sighting) + " crossed the network without TLS at " +
                    sighting.location();
           });
  }
}

// Where the request's own credential may come back: token endpoints answer with it, session cookies
// are renewed.
bool answers_with_credentials(const Inspection& inspection) {
  for (const CredentialSighting& sighting : inspection.sightings) {
    if (sighting.part == Part::Request && sighting.place == Place::Form &&
        (sighting.kind == CredentialKind::RefreshToken)) {
      return true;
    }
  }
  return inspection.exchange->request.body.find("grant_type=") != std::string::npos;
}

bool is_html(const HttpMessage& response) {
  const auto type = response.field("content-type");
  return type && to_lower(*type).find("html") != std::string::npos;
}

void credential_reflected(const Inspection& inspection, const DetectionContext& context) {
  const HttpExchange& exchange = *inspection.exchange;
  if (inspection.reflections.empty() || answers_with_credentials(inspection)) return;
  const HttpMessage& response = exchange.response;
  const Severity impact =
      response.status >= 400 || is_html(response) ? Severity::High : Severity::Medium;
  std::vector<std::pair<const Credential*, std::string>> reported;
  for (const Reflection& reflection : inspection.reflections) {
    const CredentialSighting& source = *reflection.source;
    if (impact_of(DetectorId::CredentialReflected, source) == Severity::Info || is_code(source)) {
      continue;
    }
    std::string location = "response-body";
    if (reflection.in_head) {
      location.clear();
      for (const HttpMessage::Field& field : response.fields) {
        if (reflection.begin >= field.value.begin && reflection.end <= field.value.end) {
          location = "response-header:" + to_lower(response.text(field.name));
        }
      }
      // Redirects have a detector of their own; the others must echo what they were sent.
      if (location.empty() || location == "response-header:location" ||
          location == "response-header:set-cookie" ||
          location == "response-header:sec-websocket-protocol" ||
          location == "response-header:refresh" || location == "response-header:link" ||
          location == "response-header:content-location") {
        continue;
      }
    }
    const auto key = std::make_pair(source.credential, location);
    if (std::find(reported.begin(), reported.end(), key) != reported.end()) continue;
    reported.push_back(key);
    report(inspection, context,
           {DetectorId::CredentialReflected, impact, Confidence::Proof, &source, location,
            Part::Response, reflection.begin},
           [&] {
             return "the answer (status " + std::to_string(response.status) + ") repeats, " +
                    std::string(reflection.encoding) + ", the value that the request carried at " +
                    source.location();
           });
  }
}

struct Row {
  DetectorId id;
  void (*detect)(const Inspection&, const DetectionContext&);
};
constexpr std::array<Row, 5> kDetectors{{
    {DetectorId::CredentialInUrl, credential_in_url},
    {DetectorId::CredentialInReferer, credential_in_referer},
    {DetectorId::CredentialInRedirect, credential_in_redirect},
    {DetectorId::CredentialOverCleartext, credential_over_cleartext},
    {DetectorId::CredentialReflected, credential_reflected},
}};

}  // namespace

Severity severity_of(Severity impact, const CredentialSighting& sighting, Timestamp when) {
  int level = static_cast<int>(impact);
  if (const auto& claims = sighting.credential->claims) {
    const auto seconds = to_nanoseconds(when) / 1'000'000'000;
    constexpr std::int64_t kGrace = 300;
    const bool admin = std::any_of(
        claims->roles.begin(), claims->roles.end(),
        [](const auto& role) { return role == "admin" || role == "superadmin" || role == "root"; });
    if (admin || !claims->expires) ++level;
    if (claims->expires && *claims->expires + kGrace < seconds) --level;
  }
  return static_cast<Severity>(std::clamp(level, 0, static_cast<int>(Severity::Critical)));
}

void detect_exposures(const Inspection& inspection, const DetectionContext& context) {
  for (const Row& row : kDetectors) {
    if (context.options.enabled[static_cast<std::size_t>(row.id)]) row.detect(inspection, context);
  }
}

}  // namespace leaktap
