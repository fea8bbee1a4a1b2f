#include "ui-cli/incident_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "ui-cli/incident_table.h"
#include "ui-cli/wording.h"

namespace leaktap {
namespace {

// {0} where, {1} credential, {2} location, {3} host
struct Claim {
  DetectorId detector;
  std::string_view text;
};
constexpr Claim kClaims[] = {
    {DetectorId::CredentialInUrl, "{0} carries {1} in its URL ({2})."},
    {DetectorId::CredentialInReferer, "{0} is sent a Referer that carries {1} ({2})."},
    {DetectorId::CredentialInRedirect, "{0} answers with a redirect that carries {1} ({2})."},
    {DetectorId::CredentialOverCleartext, "{3} is sent {1} without encryption ({2})."},
    {DetectorId::CredentialReflected, "{0} answers with {1} that its request brought ({2})."},
    {DetectorId::CrossTenantAccess, "{0} lets {1} of one tenant reach another ({2})."},
};

std::string credential_words(CredentialKind kind) {
  std::string name(name_of(kind));
  std::replace(name.begin(), name.end(), '-', ' ');
  if (name == "jwt") return "a JWT";
  constexpr std::string_view kVowels = "aeio";  // "an API key", but "a URL"
  if (name.starts_with("api")) name.replace(0, 3, "API");
  if (name.ends_with("url")) name.replace(name.size() - 3, 3, "URL");
  const char first = name.starts_with("API") ? 'a' : name.front();
  return fmt::format("{} {}", kVowels.find(first) == std::string_view::npos ? "a" : "an", name);
}

// Writes lines, each part of which was made safe.
class Page {
 public:
  explicit Page(const Terminal& terminal) : terminal_(terminal) {}

  [[nodiscard]] std::string safe(std::string_view text) const {
    return printable(text, terminal_.charset);
  }
  void line(std::string_view text) {
    text_ += safe(text);
    text_ += '\n';
  }
  void line(std::string_view text, Ink ink) {
    text_ += inked(safe(text), ink, terminal_);
    text_ += '\n';
  }
  void heading(std::string_view text) {
    text_ += '\n';
    line(text, Ink::Bold);
  }
  void field(std::string_view name, std::string_view value) {
    text_ += fmt::format("  {:<11} {}\n", name, safe(value));
  }
  // A text of several words, broken where the terminal ends.
  void paragraph(std::string_view words) {
    constexpr std::size_t kReadable = 96;
    const std::size_t width =
        terminal_.width == 0 ? kReadable : std::min(kReadable, terminal_.width);
    std::string current = " ";
    const std::string all = safe(words);
    std::string_view rest = all;
    while (!rest.empty()) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, space);
      if (current.size() > 1 && columns_of(current) + 1 + columns_of(word) > width) {
        text_ += current + "\n";
        current = " ";
      }
      current += ' ';
      current += word;
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    text_ += current + "\n";
  }
  void blank() { text_ += '\n'; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const Terminal& terminal_;
  std::string text_;
};

std::string frames_text(const std::vector<PacketRef>& frames, std::string_view what) {
  std::string numbers;
  for (const PacketRef& ref : frames) {
    if (ref.frame == 0) continue;
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", ref.frame);
  }
  if (numbers.empty()) return {};
  return fmt::format("{} in frame{} {}", what, frames.size() == 1 ? "" : "s", numbers);
}

std::string protocol_text(const Evidence& evidence) {
  return fmt::format("{}HTTP/{}{}", evidence.tls ? "TLS, " : "",
                     evidence.http_version.empty() ? "?" : evidence.http_version,
                     evidence.complete ? "" : ", not wholly captured");
}

std::string place_text(const Evidence& evidence, const EvidenceCapture& capture) {
  std::string text = capture.path.empty() ? "unknown capture" : capture.path;
  if (capture.live) text = "captured on " + text;
  for (const std::string& frames : {frames_text(evidence.request_frames, "request"),
                                    frames_text(evidence.response_frames, "response")}) {
    if (!frames.empty()) text += ", " + frames;
  }
  if (!capture.response_path.empty()) text += " of " + capture.response_path;
  return text;
}

void add_evidence(Page& page, const IncidentView& view) {
  const std::vector<Evidence>& rows = view.incident->evidence;
  if (rows.empty()) return;
  const bool reasons_differ = std::any_of(
      rows.begin(), rows.end(), [&](const Evidence& row) { return row.why != rows.front().why; });
  page.heading(fmt::format("Evidence ({} of {})", rows.size(),
                           grouped(view.incident->count + view.incident->attempts)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Evidence& row = rows[i];
    page.line(fmt::format("  {}. {}", i + 1, place_text(row, view.captures[i])));
    page.line(fmt::format("     {}  {} → {}  {}", to_rfc3339(row.time), endpoint_text(row.client),
                          endpoint_text(row.server), protocol_text(row)));
    if (!row.request.empty()) {
      page.line(fmt::format(
          "     {} → {}", row.request,
          row.status == 0 ? "no response was captured" : fmt::format("{}", row.status)));
    }
    if (reasons_differ) {
      for (const std::string& why : row.why) page.line("     " + why);
    }
    if (!row.community_id.empty()) page.line("     community id " + row.community_id, Ink::Dim);
  }
}

void add_credentials(Page& page, const Incident& incident) {
  if (incident.credentials.empty()) return;
  page.heading(fmt::format("Credentials ({})", grouped(incident.credentials_total)));
  for (const CredentialUse& use : incident.credentials) {
    const CredentialSummary& credential = use.credential;
    const bool has_fingerprint = credential.fingerprint != Fingerprint{};
    page.line(
        fmt::format("  {}  {}{}{}  {}, {}", credential.preview, name_of(credential.kind),
                    credential.provider.empty() ? "" : fmt::format(" of {}", credential.provider),
                    has_fingerprint ? "  fingerprint " + credential.fingerprint.hex() : "",
                    name_of(use.state), counted(use.count, "time")));
  }
  const std::uint64_t more =
      incident.credentials_total -
      std::min<std::uint64_t>(incident.credentials_total, incident.credentials.size());
  if (more != 0) page.line(fmt::format("  and {} more", grouped(more)));
}

void add_parties(Page& page, const Incident& incident) {
  if (!incident.tenants.empty()) {
    page.heading("Tenants");
    for (const auto& [pair, count] : incident.tenants) {
      page.line(fmt::format("  {} → {}  {}", pair.home, pair.accessed, counted(count, "time")));
    }
  }
  if (!incident.principals.empty()) {
    page.heading(fmt::format("Principals ({})", incident.principals.size()));
    for (const std::string& principal : incident.principals) page.line("  " + principal);
  }
}

// The reasons of all evidence, each once.
void add_reasons(Page& page, const Incident& incident) {
  std::set<std::string> told;
  for (const Evidence& row : incident.evidence) told.insert(row.why.begin(), row.why.end());
  if (told.empty()) return;
  page.heading("Why");
  for (const std::string& why : told) page.paragraph(why + ".");
}

void add_advice(Page& page, const DetectorInfo& detector) {
  page.heading("Remediation");
  page.paragraph(detector.remediation);
  page.heading("References");
  for (const std::string_view reference : detector.references) {
    page.line(fmt::format("  {}", reference));
  }
}

}  // namespace

std::string claim_of(const Incident& incident) {
  const auto* const row =
      std::find_if(std::begin(kClaims), std::end(kClaims),
                   [&](const Claim& claim) { return claim.detector == incident.key.detector; });
  if (row == std::end(kClaims)) return std::string(info_of(incident.key.detector).title) + ".";
  std::string claim =
      fmt::format(fmt::runtime(row->text), where_of(incident), credential_words(incident.key.kind),
                  incident.key.location, incident.host);
  if (incident.is_control()) claim = "Tried and refused: " + claim;
  return claim;
}

std::string incident_text(const IncidentView& view, const Terminal& terminal) {
  const Incident& incident = *view.incident;
  const DetectorInfo& detector = info_of(incident.key.detector);
  Page page(terminal);
  page.line(detector.title, Ink::Bold);
  page.paragraph(claim_of(incident));
  page.blank();
  page.field("Id", incident.id);
  page.field("Detector", detector.name);
  page.field("Severity",
             fmt::format("{}, {}", name_of(incident.severity), name_of(incident.confidence)));
  std::string classes(detector.owasp);
  for (const int number : detector.cwe) classes += fmt::format(", CWE-{}", number);
  page.field("Class", classes);
  page.field("Where", where_of(incident));
  if (incident.key.service != incident.host) page.field("Service", incident.key.service);
  page.field("Location", incident.key.location);
  page.field("Status", incident.status);
  page.field("Seen", fmt::format("{}, first {}, last {} UTC", counted(incident.count, "time"),
                                 second_of(incident.first_seen), second_of(incident.last_seen)));
  if (incident.attempts != 0) page.field("Refused", counted(incident.attempts, "time"));
  add_reasons(page, incident);
  add_evidence(page, view);
  add_credentials(page, incident);
  add_parties(page, incident);
  add_advice(page, detector);
  return page.take();
}

}  // namespace leaktap
