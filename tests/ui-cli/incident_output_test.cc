// Incidents as JSON, as a table, and one by one.
#include <catch2/catch.hpp>
#include <string>

#include "tests/ui-cli/sample_incident.h"
#include "ui-cli/incident_json.h"
#include "ui-cli/incident_table.h"
#include "ui-cli/incident_text.h"

namespace leaktap {
namespace {

Terminal pipe_terminal() { return {.charset = Charset::Utf8}; }

std::vector<IncidentView> views(const std::vector<Incident>& incidents) {
  return views_of(incidents, {sample_capture()}, false);
}

std::string keys_of(const Json& object) {
  std::string keys;
  for (const auto& item : object.items()) keys += (keys.empty() ? "" : " ") + item.key();
  return keys;
}

}  // namespace

TEST_CASE("An incident has the documented members in the documented order") {
  const std::vector<Incident> incidents{sample_incident()};
  const Json json = incident_json(views(incidents).front(), nullptr);
  CHECK(keys_of(json) ==
        "id detector title severity confidence service host method route location credentials "
        "credentials_total principals tenants count attempts first_seen last_seen owasp cwe status "
        "evidence remediation references");
  CHECK(
      to_text(json["credentials"], false) ==
      R"([{"kind":"jwt","provider":null,"fingerprint":"abababababababababababababababab",)"
      R"j("preview":"eyJ…(412)","state":"accepted","count":3,)j"
      R"("first_seen":"2026-01-01T10:00:00.000000Z","last_seen":"2026-01-01T10:00:09.000000Z"}])");
  CHECK(to_text(json["tenants"], false) == R"([{"home":"acme","accessed":"globex","count":1}])");
  CHECK(to_text(json["evidence"], false) ==
        R"([{"kind":"file","capture":"a.pcap","request_frames":[12,13],"response_frames":[15],)"
        R"("time":"2026-01-01T10:00:00.000000Z","client":{"ip":"10.0.0.5","port":50311},)"
        R"("server":{"ip":"10.0.0.9","port":8080},"community_id":"1:abc=","vlan":[12],"tls":false,)"
        R"("http_version":"1.1","request":"GET /v1/items/7?access_token=‹jwt eyJ…(412)›",)"
        R"("complete":true,"status":200,"why":["query parameter access_token holds a JWT"]}])");
  CHECK(json["detector"] == "credential-in-url");
  CHECK(json["cwe"] == Json::array({598}));
}

TEST_CASE("What is not known is null, and frames of another capture say so") {
  Incident incident = sample_incident();
  incident.evidence.front().status = 0;
  incident.evidence.front().response_frames = {{1, 3}, {1, 0}};
  incident.credentials.front().credential.fingerprint = {};
  const std::vector<Incident> incidents{incident};
  CaptureInfo second = sample_capture();
  second.path = "b.pcap";
  const auto view = views_of(incidents, {sample_capture(), second}, false);
  const Json json = incident_json(view.front(), nullptr);
  CHECK(json["credentials"][0]["fingerprint"].is_null());
  CHECK(json["evidence"][0]["status"].is_null());
  CHECK(json["evidence"][0]["response_frames"] == Json::array({3}));
  CHECK(json["evidence"][0]["response_capture"] == "b.pcap");
}

TEST_CASE("Values are shown only if they were revealed") {
  const std::vector<Incident> incidents{sample_incident()};
  RevealedValues revealed;
  revealed.reveal(incidents[0].credentials[0].credential.fingerprint, "the\x1bvalue");
  const Json json = incident_json(views(incidents).front(), &revealed);
  CHECK(json["credentials"][0]["value"] == "the\x1bvalue");
  CHECK(incident_table(views(incidents), pipe_terminal(), &revealed).find("the\\x1bvalue +1") !=
        std::string::npos);
  CHECK_FALSE(incident_json(views(incidents).front(), nullptr)["credentials"][0].contains("value"));
}

TEST_CASE("Revealed values are bounded") {
  RevealedValues revealed(200);
  Fingerprint first, second;
  first.bytes.fill(1);
  second.bytes.fill(2);
  revealed.reveal(first, std::string(50, 'a'));
  revealed.reveal(second, std::string(100, 'b'));
  revealed.reveal(Fingerprint{}, "a password");
  CHECK(revealed.value_of(first) == std::string(50, 'a'));
  CHECK(revealed.value_of(second).empty());
  CHECK(revealed.value_of(Fingerprint{}).empty());
}

TEST_CASE("Bytes that are no UTF-8 do not stop the output") {
  Incident incident = sample_incident();
  incident.key.route = "/\xff\xfe/\x1b[2J";
  const std::vector<Incident> incidents{incident};
  const std::string text = to_text(incident_json(views(incidents).front(), nullptr), false);
  CHECK(text.find("\\u001b[2J") != std::string::npos);
  CHECK(text.find("\xff") == std::string::npos);
  const std::string ascii = to_text(incident_json(views(incidents).front(), nullptr), true);
  CHECK(std::all_of(ascii.begin(), ascii.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
}

TEST_CASE("In a pipe the table has aligned columns and no colour") {
  Incident second = sample_incident();
  second.key.detector = DetectorId::CrossTenantAccess;
  second.key.route = "/t/{id}";
  second.key.location = "path:tenant";
  second.severity = Severity::Critical;
  second.credentials_total = 1;
  second.count = 12345;
  const std::vector<Incident> incidents{sample_incident(), second};
  std::vector<IncidentView> shown = views(incidents);
  sort_for_reading(shown);
  CHECK(incident_table(shown, pipe_terminal(), nullptr) ==
        "SEVERITY  CONFIDENCE  DETECTOR             WHERE                              "
        "LOCATION            CREDENTIAL        COUNT   ID\n"
        "critical  proof       cross-tenant-access  GET api.example.com/t/{id}         "
        "path:tenant         jwt eyJ…(412)     12,345  1f2e3d4c5b6a7988\n"
        "high      proof       credential-in-url    GET api.example.com/v1/items/{id}  "
        "query:access_token  jwt eyJ…(412) +1  3       1f2e3d4c5b6a7988\n");
}

TEST_CASE("A narrow terminal gets two lines and colours") {
  const std::vector<Incident> incidents{sample_incident()};
  const Terminal terminal{
      .is_terminal = true, .color = true, .charset = Charset::Ascii, .width = 80};
  CHECK(incident_table(views(incidents), terminal, nullptr) ==
        "\x1b[31mhigh    \x1b[0m  proof       \x1b[1mcredential-in-url\x1b[0m  3      "
        "\x1b[2m1f2e3d4c5b6a7988\x1b[0m\n"
        "  GET api.example.com/v1/items/{id}  query:access_token  jwt eyJ...(412) +1\n");
  Terminal narrow = terminal;
  narrow.width = 60;
  narrow.color = false;
  CHECK(incident_table(views(incidents), narrow, nullptr) ==
        "high      proof       credential-in-url  3      1f2e3d4c5b6a7988\n"
        "  GET api.example.com/v1/items/{id}\n"
        "  query:access_token  jwt eyJ...(412) +1\n");
}

TEST_CASE("What strangers wrote cannot act on the terminal") {
  Incident incident = sample_incident();
  incident.host = "evil\x1b]0;x\x07";
  incident.key.route = "/\r\nhigh proof";
  incident.key.location = "query:\x1b[31m";
  incident.key.service = "\xe2\x80\xae";
  incident.credentials.front().credential.preview = "\x1b[1m(4)";
  incident.principals = {"\x1b[5m"};
  incident.tenants = {{TenantPair{"\x1b[7m", "\n"}, 1}};
  incident.evidence.front().request = "GET /\x1b[2J";
  incident.evidence.front().why = {"\x1b[3m"};
  const std::vector<Incident> incidents{incident};
  const std::string table = incident_table(views(incidents), pipe_terminal(), nullptr);
  const std::string page = incident_text(views(incidents).front(), pipe_terminal());
  CHECK(std::count(table.begin(), table.end(), '\n') == 2);
  for (const std::string& text : {table, page}) {
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '\n' || (c >= 0x20 && c != 0x7f) || c < 0; }));
  }
  CHECK(page.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("A route of a stranger's length does not widen the table without end") {
  Incident incident = sample_incident();
  incident.key.route = "/" + std::string(5000, 'a');
  const std::vector<Incident> incidents{incident};
  CHECK(incident_table(views(incidents), pipe_terminal(), nullptr).size() < 600);
}

TEST_CASE("One incident is told as a claim with its evidence") {
  const std::vector<Incident> incidents{sample_incident()};
  CHECK(claim_of(incidents[0]) ==
        "GET api.example.com/v1/items/{id} carries a JWT in its URL (query:access_token).");
  const std::string page = incident_text(views(incidents).front(), pipe_terminal());
  for (const char* const part :
       {"1f2e3d4c5b6a7988", "high, proof", "orders", "query:access_token", "3 times",
        "a.pcap, request in frames 12, 13, response in frame 15",
        "2026-01-01T10:00:00.000000Z  10.0.0.5:50311 → 10.0.0.9:8080  HTTP/1.1",
        "GET /v1/items/7?access_token=‹jwt eyJ…(412)› → 200",
        "query parameter access_token holds a JWT", "eyJ…(412)  jwt  fingerprint abab",
        "and 1 more", "acme → globex", "user-3f2a", "Remediation", "References", "CWE-598"}) {
    INFO(page);
    INFO(part);
    CHECK(page.find(part) != std::string::npos);
  }
}

TEST_CASE("A control says that it was refused") {
  Incident incident = sample_incident();
  incident.count = 0;
  incident.attempts = 4;
  CHECK(claim_of(incident).starts_with("Tried and refused: "));
}

TEST_CASE("Incidents of a database know files from interfaces") {
  StoredIncident file{sample_incident(), {"a.pcap"}};
  StoredIncident live{sample_incident(), {"live:eth1"}};
  const std::vector<StoredIncident> stored{file, live};
  const std::vector<IncidentView> both = views_of(stored);
  CHECK(incident_json(both[0], nullptr)["evidence"][0]["kind"] == "file");
  CHECK(incident_json(both[1], nullptr)["evidence"][0]["kind"] == "live");
  CHECK(incident_json(both[1], nullptr)["evidence"][0]["capture"] == "eth1");
}

}  // namespace leaktap
