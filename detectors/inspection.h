// What the detectors see of one exchange: its credentials, its names, its outcome.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detectors/credential.h"
#include "detectors/credential_table.h"
#include "detectors/finding.h"
#include "reassembly/http/exchange.h"

namespace leaktap {

enum class Place : std::uint8_t {
  Query,
  Path,
  Matrix,
  Userinfo,
  Header,
  Cookie,
  SetCookie,
  Referer,
  Redirect,
  RedirectFragment,
  Form,
  Json,
  Body,
};

// A credential seen at one place of an exchange.
struct CredentialSighting {
  Part part = Part::Request;
  Place place = Place::Header;
  std::string name;        // of the parameter, header, cookie or member, fit for a location
  std::string_view field;  // header whose URL carries it: "referer", "location"; of static storage
  const Credential* credential = nullptr;  // never null
  CredentialKind kind = CredentialKind::ApiKey;
  Basis basis = Basis::AmbiguousName;
  // Where it stands, as written on the wire: offsets in HttpMessage::head, or decoded body
  // positions.
  bool in_head = true;
  std::uint64_t begin = 0, end = 0;

  [[nodiscard]] CredentialSummary summary() const;
  [[nodiscard]] Sensitivity sensitivity() const;
  [[nodiscard]] std::string location() const;  // "query:access_token"; detectors/README.md
};

// A credential of the request found again in the response.
struct Reflection {
  std::size_t source_index = 0;                // in Inspection::sightings
  const CredentialSighting* source = nullptr;  // the same, once the exchange is over
  bool in_head = false;                        // of the response; else in its body
  std::uint64_t begin = 0, end = 0;
  std::string_view encoding;  // "raw", "percent", "json", "html", "base64", "hex"
};

struct Inspection {
  const HttpExchange* exchange = nullptr;
  std::string host, service, route, method;
  std::vector<CredentialSighting> sightings;
  std::vector<Reflection> reflections;
  Outcome outcome = Outcome::Unknown;
  bool loopback = false;

  // What stands in the message instead of a credential, as offsets in its head, ascending.
  struct Mask {
    std::uint64_t begin = 0, end = 0;
    std::string text;
  };
  [[nodiscard]] std::vector<Mask> masks_of(Part part) const;

  // Redacted forms: no credential, no query value, no sensitive header. `show_values` leaves values
  // that are no credentials. Control characters stay; a terminal must escape them.
  [[nodiscard]] std::string redacted_target(bool show_values) const;
  [[nodiscard]] std::string redacted_field(Part part, const HttpMessage::Field& field,
                                           bool show_values) const;
  // The credential that spoke for the request: Authorization, then key headers, cookies, the
  // query; null if there is none.
  [[nodiscard]] const CredentialSighting* speaker() const;
  // Without `why`. The frames are those of the request's head and of the response.
  [[nodiscard]] Evidence evidence() const;
  // The same bytes in two captures give the same key (design.md §2, "finding").
  [[nodiscard]] std::uint64_t finding_key(DetectorId detector, std::string_view location, Part part,
                                          std::uint64_t position) const;
  // Position of a finding's time and capture: the request's first byte, else the response's.
  [[nodiscard]] Timestamp time() const;
  [[nodiscard]] std::uint32_t capture() const;
};

// Sees every exchange when it is over; the inspection and its exchange are valid during the call.
class InspectionListener {
 public:
  virtual ~InspectionListener() = default;
  virtual void on_inspection(const Inspection& inspection) = 0;
};

}  // namespace leaktap
