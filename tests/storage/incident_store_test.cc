#include "storage/incident_store.h"

#include <catch2/catch.hpp>
#include <random>

#include "support.h"

namespace leaktap {
using namespace test;

namespace {

std::vector<OwnedFinding> mixed_findings() {
  std::vector<OwnedFinding> findings;
  for (std::uint64_t key = 1; key <= 40; ++key) {
    OwnedFinding one = finding(key, static_cast<std::uint8_t>(key % 5));
    one.route = key % 3 == 0 ? "/a" : "/b/{id}";
    one.confidence = static_cast<Confidence>(key % 4);
    one.severity = static_cast<Severity>(key % 5);
    one.outcome = static_cast<Outcome>(key % 3);
    one.principal = key % 2 == 0 ? "alice" : "bob";
    if (key % 7 == 0) {
      one.home = "acme";
      one.accessed = "globex";
    }
    if (key % 11 == 0) one.credential = {};
    if (key % 13 == 0)
      one.credential = {CredentialKind::ApiKey, "", Sensitivity::Secret, {}, "‹x›"};
    findings.push_back(one);
  }
  return findings;
}

void save(IncidentStore& store, const std::vector<CaptureInfo>& captures,
          const std::vector<OwnedFinding>& findings) {
  const Status status = store.save_run(run(), captures, fold(findings));
  INFO((status ? "" : status.error().message));
  REQUIRE(status.has_value());
}

std::string route_line(const std::string& route, const std::string& rest) {
  return "high proof credential-in-url orders GET " + route + " query:access_token api-key " + rest;
}

}  // namespace

TEST_CASE("What is saved is read back") {
  IncidentStore store = open_store(":memory:");
  save(store, {capture("a", 0, 50)}, mixed_findings());
  CHECK(full_texts(store) == full_texts(fold(mixed_findings())));
}

TEST_CASE("Random runs are read back as they were folded") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<OwnedFinding> findings = mixed_findings();
    for (OwnedFinding& one : findings) {
      one.capture = static_cast<std::uint32_t>(random() % 3);
      one.key = random() % 30;
      one.second = static_cast<std::int64_t>(one.key);
    }
    IncidentStore store = open_store(":memory:");
    save(store, {capture("a", 0, 50), capture("b", 0, 50), capture("c", 0, 50)}, findings);
    REQUIRE(full_texts(store) == full_texts(fold(findings)));
  }
}

TEST_CASE("A capture scanned again changes nothing") {
  IncidentStore store = open_store(":memory:");
  save(store, {capture("a", 0, 50)}, mixed_findings());
  const auto before = full_texts(store);
  save(store, {capture("a", 0, 50)}, mixed_findings());
  CHECK(full_texts(store) == before);
}

TEST_CASE("A capture scanned again with other findings has only these") {
  TemporaryFolder folder;
  IncidentStore store = open_store(folder.path("x.db"));
  OwnedFinding other = finding(2, 2);
  other.route = "/b";
  other.service = "users";
  save(store, {capture("a", 0, 50)}, {finding(1), finding(3), other});
  save(store, {capture("a", 0, 50)}, {finding(3)});
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x1+0 open")});
  CHECK(integer(folder.path("x.db"), "SELECT COUNT(*) FROM credentials") == 1);
  CHECK(integer(folder.path("x.db"), "SELECT COUNT(*) FROM services") == 1);
  CHECK(integer(folder.path("x.db"), "SELECT COUNT(*) FROM routes") == 1);
  save(store, {capture("a", 0, 50)}, {});
  CHECK(lines(store).empty());
  CHECK(integer(folder.path("x.db"), "SELECT COUNT(*) FROM evidence") == 0);
}

TEST_CASE("Captures without a content id are never the same") {
  IncidentStore store = open_store(":memory:");
  save(store, {capture("", 0, 9)}, {finding(1)});
  save(store, {capture("", 10, 19)}, {finding(11)});
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x2+0 open")});
}

TEST_CASE("Incidents are listed by severity, confidence and key, and filtered") {
  IncidentStore store = open_store(":memory:");
  const auto make = [](Severity severity, Confidence confidence, const char* route,
                       const char* service) {
    static std::uint64_t key = 0;
    OwnedFinding one = finding(++key);
    one.severity = severity;
    one.confidence = confidence;
    one.route = route;
    one.service = service;
    return one;
  };
  save(store, {capture("a", 0, 50)},
       {make(Severity::Low, Confidence::Proof, "/low", "orders"),
        make(Severity::High, Confidence::Strong, "/strong", "orders"),
        make(Severity::High, Confidence::Proof, "/z", "orders"),
        make(Severity::High, Confidence::Proof, "/a", "users"),
        make(Severity::Low, Confidence::Attempt, "/attempt", "users")});
  const auto routes = [&](const IncidentFilter& filter) {
    std::string text;
    for (const StoredIncident& stored : listed(store, filter)) {
      text += stored.incident.key.route + " ";
    }
    return text;
  };
  CHECK(routes({}) == "/z /a /strong /low /attempt ");
  CHECK(routes({.min_severity = Severity::High}) == "/z /a /strong ");
  CHECK(routes({.service = "users"}) == "/a /attempt ");
  CHECK(routes({.include_controls = false}) == "/z /a /strong /low ");
  CHECK(routes({.detector = "credential-in-referer"}).empty());
  CHECK(routes({.status = "open", .include_controls = false}) == "/z /a /strong /low ");
}

TEST_CASE("An incident is found by a prefix of its id") {
  TemporaryFolder folder;
  IncidentStore store = open_store(folder.path("x.db"));
  save(store, {capture("a", 0, 50)}, {finding(1)});
  const std::string id = fold({finding(1)}).at(0).id;
  const auto found = store.find(id.substr(0, 6));
  REQUIRE(found.has_value());
  CHECK(found->incident.id == id);
  CHECK(found->evidence_captures == std::vector<std::string>{"a.pcap"});
  const auto error = [&](const std::string& text) { return store.find(text).error().message; };
  CHECK(error("abc") == "incident id abc is too short; give at least 4 digits");
  for (const std::string unknown : {"ffffffff", "no-hex", "' OR 1=1 --"}) {
    CHECK(error(unknown) == "there is no incident " + unknown + " in " + folder.path("x.db") +
                                "; leaktap incidents lists them");
  }
}

TEST_CASE("An ambiguous prefix names what it could mean") {
  TemporaryFolder folder;
  IncidentStore store = open_store(folder.path("x.db"));
  save(store, {capture("a", 0, 50)}, {finding(1)});
  execute(folder.path("x.db"),
          "INSERT INTO incidents SELECT 'abcd000000000001', detector, route, location,"
          " credential_kind, host, severity, confidence, count, attempts, first_ns, last_ns, status"
          " FROM incidents; INSERT INTO incidents SELECT 'abcd000000000002', detector, route,"
          " location, credential_kind, host, severity, confidence, count, attempts, first_ns,"
          " last_ns, status FROM incidents LIMIT 1");
  CHECK(store.find("ABCD").error().message ==
        "incident id ABCD is ambiguous: abcd000000000001, abcd000000000002; give more digits");
}

TEST_CASE("What was acknowledged or resolved and comes again in a new capture is reopened") {
  TemporaryFolder folder;
  const auto [before, after_rescan, after_new] =
      GENERATE(table<std::string, std::string, std::string>({
          {"open", "open", "open"},
          {"acknowledged", "acknowledged", "reopened"},
          {"resolved", "resolved", "reopened"},
          {"suppressed", "suppressed", "suppressed"},
          {"reopened", "reopened", "reopened"},
      }));
  IncidentStore store = open_store(folder.path("x.db"));
  save(store, {capture("a", 0, 9)}, {finding(1)});
  execute(folder.path("x.db"), "UPDATE incidents SET status = '" + before + "'");
  save(store, {capture("a", 0, 9)}, {finding(1)});
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x1+0 " + after_rescan)});
  save(store, {capture("copy", 0, 9)}, {finding(1)});  // another file, but nothing new in it
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x1+0 " + after_rescan)});
  save(store, {capture("b", 10, 19)}, {finding(11)});
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x2+0 " + after_new)});
}

TEST_CASE("A decision outlives the rows that it was made on") {
  TemporaryFolder folder;
  IncidentStore store = open_store(folder.path("x.db"));
  save(store, {capture("a", 0, 9)}, {finding(1)});
  execute(folder.path("x.db"), "UPDATE incidents SET status = 'suppressed'");
  save(store, {capture("a", 0, 9)}, {});
  CHECK(lines(store).empty());
  save(store, {capture("a", 0, 9)}, {finding(1)});
  CHECK(lines(store) == std::vector{route_line("/v1/items/{id}", "x1+0 suppressed")});
}

TEST_CASE("Text that is no UTF-8 does not break readers of the database") {
  IncidentStore store = open_store(":memory:");
  OwnedFinding one = finding(1);
  one.route = std::string("/\xff\xc0\xaf\xed\xa0\x80/\0ü", 11);
  save(store, {capture("a", 0, 9)}, {one});
  CHECK(listed(store).at(0).incident.key.route == "/������/�ü");
}

TEST_CASE("The views sum up what is stored") {
  TemporaryFolder folder;
  IncidentStore store = open_store(folder.path("x.db"));
  save(store, {capture("a", 0, 50)}, mixed_findings());
  const auto value = [&](const std::string& sql) { return integer(folder.path("x.db"), sql); };
  std::int64_t count = 0;
  for (const auto& stored : listed(store)) {
    count += static_cast<std::int64_t>(stored.incident.count);
  }
  CHECK(value("SELECT SUM(count) FROM incident_overview") == count);
  CHECK(value("SELECT COUNT(*) FROM credential_overview") == 6);
  CHECK(value("SELECT SUM(count) FROM tenant_pairs") == 5);
}

}  // namespace leaktap
