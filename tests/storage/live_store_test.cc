#include <catch2/catch.hpp>

#include "storage/incident_store.h"
#include "support.h"

namespace leaktap {
using namespace test;

namespace {

void add(IncidentStore& store, const std::vector<OwnedFinding>& findings,
         const std::string& id = "live-1") {
  const Status status = store.add_live(run(), capture(id, 0, 100), fold(findings));
  INFO((status ? "" : status.error().message));
  REQUIRE(status.has_value());
}

}  // namespace

TEST_CASE("Live additions add up to what one fold would have given") {
  IncidentStore store = open_store(":memory:");
  std::vector<OwnedFinding> all;
  for (std::uint64_t call = 0; call < 10; ++call) {
    std::vector<OwnedFinding> some;
    for (std::uint64_t key = 10 * call; key < 10 * call + 10; ++key) {
      OwnedFinding one = finding(key, static_cast<std::uint8_t>(key % 4));
      one.principal = key % 2 == 0 ? "alice" : "bob";
      one.confidence = key % 5 == 0 ? Confidence::Attempt : Confidence::Strong;
      if (key % 3 == 0) one.accessed = "globex";
      some.push_back(one);
      all.push_back(one);
    }
    add(store, some);
  }
  CHECK(full_texts(store) == full_texts(fold(all)));
}

TEST_CASE("A live finding that is reported again, surer, counts once") {
  IncidentStore store = open_store(":memory:");
  OwnedFinding attempt = finding(1);
  attempt.confidence = Confidence::Attempt;
  add(store, {attempt, finding(2)});
  add(store, {finding(1), finding(2)});
  const auto incidents = listed(store);
  CHECK(incidents.at(0).incident.count == 2);
  CHECK(incidents[0].incident.attempts == 0);
  CHECK(incidents[0].incident.credentials.at(0).count == 2);
  CHECK(incidents[0].incident.evidence.size() == 2);
}

TEST_CASE("A live run is one row, kept up to date") {
  TemporaryFolder folder;
  const std::string path = folder.path("x.db");
  IncidentStore store = open_store(path);
  add(store, {finding(1)});
  add(store, {finding(2)});
  CHECK(integer(path, "SELECT COUNT(*) FROM runs") == 1);
  CHECK(integer(path, "SELECT COUNT(*) FROM captures") == 1);
  add(store, {finding(3)}, "live-2");
  CHECK(integer(path, "SELECT COUNT(*) FROM runs") == 2);
  CHECK(integer(path, "SELECT count FROM incidents") == 3);
}

TEST_CASE(
    "A resolved incident is open again with the next live finding, an acknowledged one later") {
  TemporaryFolder folder;
  const auto [before, after_call, after_run] =
      GENERATE(table<std::string, std::string, std::string>({
          {"acknowledged", "acknowledged", "reopened"},
          {"resolved", "reopened", "reopened"},
          {"suppressed", "suppressed", "suppressed"},
      }));
  const std::string path = folder.path("x.db");
  IncidentStore store = open_store(path);
  add(store, {finding(1)});
  execute(path, "UPDATE incidents SET status = '" + before + "'");
  add(store, {finding(2)});
  CHECK(listed(store).at(0).incident.status == after_call);
  add(store, {finding(3)}, "live-2");
  CHECK(listed(store).at(0).incident.status == after_run);
}

TEST_CASE("A scan beside a live capture leaves its counts alone") {
  IncidentStore store = open_store(":memory:");
  add(store, {finding(1), finding(2)});
  REQUIRE(store.save_run(run(), {capture("a", 0, 100)}, fold({finding(50)})).has_value());
  REQUIRE(store.save_run(run(), {capture("b", 0, 100)}, fold({finding(50)})).has_value());
  CHECK(listed(store).at(0).incident.count == 3);
}

}  // namespace leaktap
