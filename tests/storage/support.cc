#include "support.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "storage/stored_names.h"

namespace leaktap::test {

Finding OwnedFinding::view() const {
  Finding finding;
  finding.detector = detector;
  finding.severity = severity;
  finding.confidence = confidence;
  finding.service = service;
  finding.host = host;
  finding.method = method;
  finding.route = route;
  finding.location = location;
  finding.credential = credential;
  finding.outcome = outcome;
  finding.principal = principal;
  finding.home_tenant = home;
  finding.accessed_tenant = accessed;
  finding.time = at(second);
  finding.capture = capture;
  finding.key = key;
  finding.evidence = this;
  return finding;
}

Evidence OwnedFinding::evidence() const {
  ++evidence_made;
  constexpr std::array<std::uint8_t, 4> kClient{10, 0, 0, 5};
  constexpr std::array<std::uint8_t, 4> kServer{10, 0, 0, 9};
  Evidence evidence;
  evidence.request_frames = {{capture, key % 1000 + 1}, {capture, key % 1000 + 2}};
  evidence.response_frames = {{capture, key % 1000 + 3}};
  evidence.time = at(second);
  evidence.client = {IpAddress::v4(kClient), 50311};
  evidence.server = {IpAddress::v4(kServer), 443};
  evidence.vlan = {12, 0};
  evidence.community_id = "1:abc";
  evidence.tls = true;
  evidence.http_version = "2";
  evidence.request = "GET /v1/items/7?access_token=‹api-key " + credential.preview + "›";
  evidence.status = 200;
  evidence.why = {"query parameter \"access_token\"\tequals a token", "back\\slash"};
  return evidence;
}

CredentialSummary credential(std::uint8_t number) {
  CredentialSummary summary;
  summary.kind = CredentialKind::ApiKey;
  summary.provider = "github";
  // The other way round than by number, so that an order by fingerprint would be seen.
  summary.fingerprint.bytes.fill(static_cast<std::uint8_t>(255 - number));
  summary.preview = "ghp_…(" + std::to_string(40 + number) + ")";
  return summary;
}

OwnedFinding finding(std::uint64_t key, std::uint8_t number) {
  OwnedFinding finding;
  finding.credential = credential(number);
  finding.key = key;
  finding.second = static_cast<std::int64_t>(key);
  return finding;
}

std::vector<Incident> fold(const std::vector<OwnedFinding>& findings,
                           const IncidentLimits& limits) {
  IncidentFold fold(limits);
  for (const OwnedFinding& finding : findings) fold.add(finding.view());
  return fold.take();
}

Timestamp at(std::int64_t second) {
  return Timestamp{std::chrono::seconds{1'700'000'000 + second}};
}

CaptureInfo capture(const std::string& content_id, std::int64_t first, std::int64_t last) {
  CaptureInfo info;
  info.path = content_id + ".pcap";
  info.content_id = content_id;
  info.packets = 10;
  info.bytes = 1000;
  info.first = at(first);
  info.last = at(last);
  return info;
}

RunRecord run() { return {"0.1.0", R"(["scan"])", R"({"packets":10})", at(0)}; }

std::string line(const Incident& incident) {
  const auto text = [](std::string_view view) { return std::string{view} + " "; };
  return text(name_of(incident.severity)) + text(name_of(incident.confidence)) +
         text(info_of(incident.key.detector).name) + text(incident.key.service) +
         text(incident.key.method) + text(incident.key.route) + text(incident.key.location) +
         text(name_of(incident.key.kind)) + "x" + std::to_string(incident.count) + "+" +
         std::to_string(incident.attempts) + " " + incident.status;
}

namespace {

std::string seconds(Timestamp time) {
  return std::to_string(to_nanoseconds(time) / 1'000'000'000 - 1'700'000'000);
}

std::string evidence_text(const EvidenceOrigin& origin, const Evidence& evidence) {
  std::string text = "\n  evidence " + std::string{name_of(origin.confidence)} + " " +
                     std::to_string(origin.key) + " @" + seconds(evidence.time);
  for (const PacketRef& frame : evidence.request_frames) text += " >" + std::to_string(frame.frame);
  for (const PacketRef& frame : evidence.response_frames)
    text += " <" + std::to_string(frame.frame);
  text += " " + to_string(evidence.client.ip) + ":" + std::to_string(evidence.client.port) + " " +
          to_string(evidence.server.ip) + ":" + std::to_string(evidence.server.port) + " vlan " +
          std::to_string(evidence.vlan[0]) + "," + std::to_string(evidence.vlan[1]) + " " +
          evidence.community_id + " " + std::to_string(evidence.tls) +
          std::to_string(evidence.complete) + " " + evidence.http_version + " " + evidence.request +
          " " + std::to_string(evidence.status);
  for (const std::string& why : evidence.why) text += " | " + why;
  return text;
}

}  // namespace

std::string full_text(const Incident& incident) {
  std::string text = incident.id + " " + line(incident) + " " + incident.host + " " +
                     seconds(incident.first_seen) + ".." + seconds(incident.last_seen);
  text += "\n  credentials " + std::to_string(incident.credentials_total);
  for (const CredentialUse& use : incident.credentials) {
    text += "\n  " + std::string{name_of(use.credential.kind)} + " " +
            std::string{use.credential.provider} + " " + use.credential.fingerprint.hex() + " " +
            use.credential.preview + " " + std::string{stored_name(use.credential.sensitivity)} +
            " " + std::string{stored_name(use.state)} + " x" + std::to_string(use.count) + " " +
            seconds(use.first_seen) + ".." + seconds(use.last_seen);
  }
  for (const std::string& principal : incident.principals) text += "\n  principal " + principal;
  for (const auto& [pair, count] : incident.tenants) {
    text += "\n  tenants " + pair.home + " > " + pair.accessed + " x" + std::to_string(count);
  }
  for (std::size_t i = 0; i < incident.evidence.size(); ++i) {
    text += evidence_text(incident.evidence_origins.at(i), incident.evidence[i]);
  }
  return text + "\n";
}

std::vector<std::string> full_texts(const std::vector<Incident>& incidents) {
  std::vector<std::string> texts;
  for (const Incident& incident : incidents) texts.push_back(full_text(incident));
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<StoredIncident> listed(IncidentStore& store, const IncidentFilter& filter) {
  auto incidents = store.list(filter);
  INFO((incidents ? "" : incidents.error().message));
  REQUIRE(incidents.has_value());
  return std::move(*incidents);
}

std::vector<std::string> lines(IncidentStore& store) {
  std::vector<std::string> texts;
  for (const StoredIncident& stored : listed(store)) texts.push_back(line(stored.incident));
  return texts;
}

std::vector<std::string> full_texts(IncidentStore& store) {
  std::vector<Incident> incidents;
  for (StoredIncident& stored : listed(store)) incidents.push_back(std::move(stored.incident));
  return full_texts(incidents);
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "leaktap-storage-XXXXXX").string();
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

IncidentStore open_store(const std::string& path, IncidentStore::Mode mode) {
  auto store = IncidentStore::open(path, mode);
  INFO((store ? "" : store.error().message));
  REQUIRE(store.has_value());
  return std::move(*store);
}

std::string open_error(const std::string& path, IncidentStore::Mode mode) {
  const auto store = IncidentStore::open(path, mode);
  return store ? "no error" : store.error().message;
}

void execute(const std::string& path, const std::string& sql) {
  auto database = Database::open(path, Database::Access::ReadWrite);
  REQUIRE(database.has_value());
  database->execute(sql.c_str());
  INFO((database->status() ? "" : database->status().error().message));
  REQUIRE(database->status().has_value());
}

std::int64_t integer(const std::string& path, const std::string& sql) {
  auto database = Database::open(path, Database::Access::ReadOnly);
  REQUIRE(database.has_value());
  Statement query = database->prepare(sql);
  REQUIRE(query.step());
  return query.integer(0);
}

}  // namespace leaktap::test
