// One detector's claim about one moment: the fourth of the five central types.
//
// It never holds a credential's value, only its fingerprint and preview.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/segment.h"
#include "detectors/catalogue.h"
#include "detectors/credential.h"

namespace leaktap {

// What the wire did with the request (design.md §2).
enum class Outcome : std::uint8_t { Unknown, Accepted, Refused };
std::string_view name_of(Outcome outcome);

// The packets that prove a finding, and what can be said of them without the value.
struct Evidence {
  std::vector<PacketRef> request_frames, response_frames;  // at most 16 each
  Timestamp time;  // of the request's first byte, or the response's where there is no request
  Endpoint client, server;
  std::array<std::uint16_t, 2> vlan{};
  std::string community_id;
  bool tls = false;
  bool complete = true;  // no gap, both messages whole
  std::string http_version;
  std::string request;  // redacted request line: method and target
  int status = 0;       // 0: no response was captured
  std::vector<std::string> why;
};

// Makes evidence when it is wanted: most findings only add to a count.
class EvidenceSource {
 public:
  virtual ~EvidenceSource() = default;
  [[nodiscard]] virtual Evidence evidence() const = 0;
};

// Borrows its texts and `evidence`: valid during FindingSink::add.
struct Finding {
  DetectorId detector{};
  Severity severity = Severity::Info;
  Confidence confidence = Confidence::Suspicion;
  std::string_view service;   // configured name, else host without port
  std::string_view host;      // without port, lower case
  std::string_view method;    // "*" where it speaks of all
  std::string_view route;     // "*" where it speaks of all
  std::string_view location;  // "query:access_token"; see detectors/README.md
  CredentialSummary credential;
  Outcome outcome = Outcome::Unknown;
  std::string_view principal;                     // pseudonym; may be empty
  std::string_view home_tenant, accessed_tenant;  // may be empty
  Timestamp time;
  std::uint32_t capture = 0;  // index of the capture that it is counted for
  // Hash of (packet time, endpoints, direction, stream position, detector, location): the same
  // bytes in two captures count once.
  std::uint64_t key = 0;
  const EvidenceSource* evidence = nullptr;  // never null
};

class FindingSink {
 public:
  virtual ~FindingSink() = default;
  virtual void add(const Finding& finding) = 0;
};

// Shows values to a person, and only there: called for a credential of a finding while its exchange
// lives, when --reveal asks for it.
class RevealSink {
 public:
  virtual ~RevealSink() = default;
  virtual void reveal(const Fingerprint& fingerprint, std::string_view value) = 0;
};

}  // namespace leaktap
