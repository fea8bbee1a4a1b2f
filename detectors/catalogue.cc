#include "detectors/catalogue.h"

#include <algorithm>
#include <array>

namespace leaktap {
namespace {

constexpr std::array kQueryStrings = {598};
constexpr std::array kCleartext = {319};
constexpr std::array kReflection = {201, 209};
constexpr std::array kObjectAccess = {639};

constexpr std::array<std::string_view, 4> kUrlReferences = {
    "RFC 6750 §5.3: https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
    "RFC 9700 §4.3.2: https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2",
    "CWE-598: https://cwe.mitre.org/data/definitions/598.html",
    "OWASP API2:2023: https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/"};
constexpr std::array<std::string_view, 4> kRefererReferences = {
    "RFC 9700 §4.2.4: https://www.rfc-editor.org/rfc/rfc9700#section-4.2.4",
    "RFC 9110 §10.1.3: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.3",
    "Referrer Policy: https://www.w3.org/TR/referrer-policy/",
    "CWE-598: https://cwe.mitre.org/data/definitions/598.html"};
constexpr std::array<std::string_view, 4> kRedirectReferences = {
    "RFC 9700 §4.3: https://www.rfc-editor.org/rfc/rfc9700#section-4.3",
    "RFC 9700 §2.1.2: https://www.rfc-editor.org/rfc/rfc9700#section-2.1.2",
    "RFC 6750 §5.3: https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
    "CWE-598: https://cwe.mitre.org/data/definitions/598.html"};
constexpr std::array<std::string_view, 4> kCleartextReferences = {
    "RFC 6750 §5.2: https://www.rfc-editor.org/rfc/rfc6750#section-5.2",
    "RFC 7617 §4: https://www.rfc-editor.org/rfc/rfc7617#section-4",
    "RFC 9700 §2.6: https://www.rfc-editor.org/rfc/rfc9700#section-2.6",
    "CWE-319: https://cwe.mitre.org/data/definitions/319.html"};
constexpr std::array<std::string_view, 3> kReflectedReferences = {
    "CWE-201: https://cwe.mitre.org/data/definitions/201.html",
    "CWE-209: https://cwe.mitre.org/data/definitions/209.html",
    "OWASP API8:2023: "
    "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/"};
constexpr std::array<std::string_view, 2> kTenantReferences = {
    "CWE-639: https://cwe.mitre.org/data/definitions/639.html",
    "OWASP API1:2023: "
    "https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"};

constexpr std::array<DetectorInfo, static_cast<std::size_t>(DetectorId::kCount)> kCatalogue = {{
    {DetectorId::CredentialInUrl, "credential-in-url", "Credential in a request's URL",
     Severity::High, kQueryStrings, "API2:2023",
     "Send the credential in the Authorization header or in the body, and refuse requests that "
     "carry it in the URL. Replace the credentials that were seen here: proxies, access logs and "
     "browser histories keep URLs.",
     kUrlReferences},
    {DetectorId::CredentialInReferer, "credential-in-referer", "Credential in a Referer header",
     Severity::High, kQueryStrings, "API2:2023",
     "Keep credentials out of the addresses of pages, and answer with Referrer-Policy: no-referrer "
     "or strict-origin-when-cross-origin. Replace the credentials that were passed on here.",
     kRefererReferences},
    {DetectorId::CredentialInRedirect, "credential-in-redirect",
     "Credential in the target of a redirect", Severity::High, kQueryStrings, "API2:2023",
     "Redirect with a one-time code or a server-side session instead of the credential itself. "
     "Where a token must reach a client, let it be fetched in the body of a POST.",
     kRedirectReferences},
    {DetectorId::CredentialOverCleartext, "credential-over-cleartext",
     "Credential sent without encryption", Severity::High, kCleartext, "API2:2023",
     "Serve this service over TLS only, close its clear-text port rather than redirecting from "
     "it, and set Strict-Transport-Security. Replace the credentials that were seen here, as "
     "anybody on the path could read them.",
     kCleartextReferences},
    {DetectorId::CredentialReflected, "credential-reflected",
     "Credential of a request repeated in its response", Severity::High, kReflection, "API8:2023",
     "Leave credentials out of answers and error details; with FastAPI replace the handler of "
     "RequestValidationError, as it repeats the whole input. Name the parameter that was wrong, "
     "never its value.",
     kReflectedReferences},
    {DetectorId::CrossTenantAccess, "cross-tenant-access",
     "Credential of one tenant accepted on another", Severity::Critical, kObjectAccess, "API1:2023",
     "Take the tenant from the verified credential and compare it with every tenant or object "
     "that the request names, in one place that all routes pass. Put the tenant into each "
     "database query too, so that a forgotten check finds nothing.",
     kTenantReferences},
}};

constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 4> kConfidences = {"attempt", "suspicion", "strong",
                                                          "proof"};

template <typename Enum, std::size_t Count>
std::optional<Enum> named(const std::array<std::string_view, Count>& names, std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::span<const DetectorInfo> catalogue() { return kCatalogue; }

const DetectorInfo& info_of(DetectorId id) { return kCatalogue.at(static_cast<std::size_t>(id)); }

std::optional<DetectorId> detector_named(std::string_view name) {
  for (const DetectorInfo& info : kCatalogue) {
    if (info.name == name) return info.id;
  }
  return std::nullopt;
}

std::string_view name_of(Severity severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}

std::string_view name_of(Confidence confidence) {
  return kConfidences.at(static_cast<std::size_t>(confidence));
}

std::optional<Severity> severity_named(std::string_view name) {
  return named<Severity>(kSeverities, name);
}

std::optional<Confidence> confidence_named(std::string_view name) {
  return named<Confidence>(kConfidences, name);
}

Severity capped(Severity severity, Confidence confidence) {
  switch (confidence) {
    case Confidence::Attempt:
      return std::min(severity, Severity::Low);
    case Confidence::Suspicion:
      return std::min(severity, Severity::Medium);
    case Confidence::Strong:
    case Confidence::Proof:
      break;
  }
  return severity;
}

}  // namespace leaktap
