#include "storage/incident_fold.h"

#include <catch2/catch.hpp>
#include <random>

#include "support.h"

namespace leaktap {
using namespace test;

namespace {

// Few names, so that findings meet in all ways: same incident, same credential, same key.
OwnedFinding random_finding(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  OwnedFinding finding = test::finding(below(60), static_cast<std::uint8_t>(below(4)));
  finding.detector = static_cast<DetectorId>(below(2));
  finding.confidence = static_cast<Confidence>(below(4));
  finding.severity = static_cast<Severity>(below(5));
  finding.outcome = static_cast<Outcome>(below(3));
  finding.service = below(2) == 0 ? "orders" : "users";
  finding.host = below(3) == 0 ? "b.example.com" : below(2) == 0 ? "a.example.com" : "";
  finding.route = below(3) == 0 ? "/a" : "/b/{id}";
  finding.principal = std::array{"", "alice", "bob"}[below(3)];
  if (below(3) == 0) finding.home = below(2) == 0 ? "acme" : "globex";
  if (below(3) == 0) finding.accessed = "initech";
  finding.capture = static_cast<std::uint32_t>(below(3));
  finding.second = static_cast<std::int64_t>(finding.key / 2);
  if (below(5) == 0) finding.credential = {};
  finding.credential.kind = CredentialKind::ApiKey;
  if (below(8) == 0) finding.credential.provider = "";
  return finding;
}

std::vector<std::string> folded_by(std::size_t workers, const std::vector<OwnedFinding>& findings,
                                   const IncidentLimits& limits, std::mt19937_64& random) {
  std::vector<IncidentFold> folds;
  for (std::size_t i = 0; i < workers; ++i) folds.emplace_back(limits);
  for (const OwnedFinding& finding : findings) folds[random() % workers].add(finding.view());
  std::shuffle(folds.begin(), folds.end(), random);
  while (folds.size() > 1) {
    const std::size_t into = random() % (folds.size() - 1);
    folds[into].merge(std::move(folds.back()));
    folds.pop_back();
  }
  return full_texts(folds[0].take());
}

}  // namespace

TEST_CASE("Any order and any number of folds give the same incidents") {
  const auto [name, limits] = GENERATE(table<std::string, IncidentLimits>({
      {"usual limits", {}},
      {"few of everything",
       {.evidence = 3, .credentials = 2, .credentials_counted = 5, .principals = 1, .tenants = 1}},
      {"no evidence", {.evidence = 0}},
  }));
  INFO(name);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<OwnedFinding> findings;
    for (std::size_t i = 0; i < 20 * (seed % 20 + 1); ++i)
      findings.push_back(random_finding(random));
    const std::vector<std::string> expected = full_texts(fold(findings, limits));
    for (std::size_t workers = 1; workers <= 4; ++workers) {
      std::shuffle(findings.begin(), findings.end(), random);
      REQUIRE(folded_by(workers, findings, limits, random) == expected);
    }
  }
}

TEST_CASE("An incident counts distinct keys") {
  OwnedFinding attempt = finding(3);
  attempt.confidence = Confidence::Attempt;
  OwnedFinding other_capture = finding(2);
  other_capture.capture = 1;
  const auto incidents =
      fold({finding(1), finding(1), finding(2), other_capture, attempt, attempt});
  REQUIRE(incidents.size() == 1);
  CHECK(incidents[0].count == 2);
  CHECK(incidents[0].attempts == 1);
  CHECK(incidents[0].credentials[0].count == 3);
  CHECK(incidents[0].by_capture.at(1).count == 0);
}

TEST_CASE("A key that is both an attempt and more is no attempt") {
  OwnedFinding attempt = finding(1);
  attempt.confidence = Confidence::Attempt;
  for (const auto& findings :
       {std::vector{attempt, finding(1)}, std::vector{finding(1), attempt}}) {
    const auto incidents = fold(findings);
    CHECK(line(incidents.at(0)) ==
          "high proof credential-in-url orders GET /v1/items/{id} query:access_token api-key x1+0 "
          "open");
    CHECK(incidents[0].credentials[0].count == 1);
  }
}

TEST_CASE("A finding reported again, surer, counts once and leaves the better evidence") {
  OwnedFinding strong = finding(1);
  strong.confidence = Confidence::Strong;
  OwnedFinding proof = finding(1);
  proof.accessed = "globex";
  const auto incidents = fold({strong, proof});
  CHECK(incidents.at(0).count == 1);
  CHECK(incidents[0].confidence == Confidence::Proof);
  REQUIRE(incidents[0].evidence_origins.size() == 1);
  CHECK(incidents[0].evidence_origins[0].confidence == Confidence::Proof);
  CHECK(incidents[0].tenants.at({"", "globex"}) == 1);
  CHECK(incidents[0].credentials[0].count == 1);
}

TEST_CASE("An attempt raises neither severity nor confidence of what is more than attempts") {
  OwnedFinding attempt = finding(1);
  attempt.confidence = Confidence::Attempt;
  attempt.severity = Severity::Critical;
  OwnedFinding suspicion = finding(2);
  suspicion.confidence = Confidence::Suspicion;
  suspicion.severity = Severity::Low;
  CHECK(fold({attempt, suspicion}).at(0).severity == Severity::Low);
  CHECK(fold({attempt}).at(0).severity == Severity::Critical);
  CHECK(fold({attempt}).at(0).is_control());
}

TEST_CASE("Evidence is made only where it is kept") {
  std::vector<OwnedFinding> findings;
  for (std::uint64_t key = 0; key < 1000; ++key) findings.push_back(finding(key));
  const auto incidents = fold(findings);
  REQUIRE(incidents.at(0).evidence.size() == 10);
  int made = 0;
  for (const OwnedFinding& finding : findings) made += finding.evidence_made;
  CHECK(made == 10);
  CHECK(incidents[0].evidence_origins[9].key == 9);
}

TEST_CASE("Credentials are listed by first sight, not by fingerprint") {
  const auto incidents = fold({finding(3, 1), finding(1, 2), finding(2, 3)});
  std::string previews;
  for (const auto& use : incidents.at(0).credentials) previews += use.credential.preview + " ";
  CHECK(previews == "ghp_…(42) ghp_…(43) ghp_…(41) ");
}

TEST_CASE("A password has no fingerprint, but is listed") {
  OwnedFinding password = finding(1);
  password.credential = {CredentialKind::Password, "", Sensitivity::Secret, {}, "‹password›"};
  OwnedFinding nothing = finding(2);
  nothing.credential = {CredentialKind::Password, "", Sensitivity::Secret, {}, ""};
  CHECK(fold({password}).at(0).credentials_total == 1);
  CHECK(fold({nothing}).at(0).credentials_total == 0);
}

TEST_CASE("More incidents than the limit are dropped and counted") {
  IncidentFold fold({.incidents = 2});
  for (const char* route : {"/a", "/b", "/c", "/d", "/a"}) {
    OwnedFinding one = finding(1);
    one.route = route;
    fold.add(one.view());
  }
  CHECK(fold.size() == 2);
  CHECK(fold.dropped() == 2);
}

TEST_CASE("Many keys in falling order are kept once each") {
  IncidentFold fold;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t key = 20000; key > 0; --key) {
      OwnedFinding one = finding(key);
      one.second = 5;
      fold.add(one.view());
    }
  }
  const auto incidents = fold.take();
  CHECK(incidents.at(0).count == 20000);
  CHECK(fold.size() == 0);
}

TEST_CASE("An incident's id is a hash of its key alone") {
  IncidentKey key{DetectorId::CredentialInUrl, "orders", "GET", "/v1", "query:token",
                  CredentialKind::ApiKey};
  // printf 'credential-in-url\0orders\0GET\0/v1\0query:token\0api-key' | sha256sum
  CHECK(id_of(key) == "0d7a6c47ac8c7bbd");
  const std::string id = id_of(key);
  key.service = "users";
  CHECK(id_of(key) != id);
}

}  // namespace leaktap
