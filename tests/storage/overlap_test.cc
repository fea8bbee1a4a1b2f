#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "storage/incident_store.h"
#include "support.h"

namespace leaktap {
using namespace test;

namespace {

std::vector<OwnedFinding> range(std::uint64_t begin, std::uint64_t end) {
  std::vector<OwnedFinding> findings;
  for (std::uint64_t key = begin; key < end; ++key) {
    findings.push_back(finding(key, static_cast<std::uint8_t>(key % 3)));
  }
  return findings;
}

void save(IncidentStore& store, const std::string& id, std::uint64_t begin, std::uint64_t end) {
  const Status status = store.save_run(
      run(), {capture(id, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end))},
      fold(range(begin, end)));
  REQUIRE(status.has_value());
}

// Counts of the one incident and of its credentials.
std::string counts(IncidentStore& store) {
  const auto incidents = listed(store);
  if (incidents.empty()) return "none";
  std::string text = std::to_string(incidents.at(0).incident.count) + ":";
  std::uint64_t sum = 0;
  for (const auto& use : incidents[0].incident.credentials) sum += use.count;
  return text + std::to_string(sum);
}

}  // namespace

TEST_CASE("Findings that two captures share count once") {
  IncidentStore store = open_store(":memory:");
  save(store, "a", 0, 10);
  save(store, "b", 5, 15);
  CHECK(counts(store) == "15:15");
  save(store, "compressed copy of a", 0, 10);
  CHECK(counts(store) == "15:15");
  CHECK(listed(store).at(0).incident.evidence.size() == 10);
  save(store, "a", 0, 10);
  CHECK(counts(store) == "15:15");
}

TEST_CASE("A capture that no longer has a finding leaves it to the one that has it too") {
  IncidentStore store = open_store(":memory:");
  save(store, "a", 0, 10);
  save(store, "b", 5, 15);
  REQUIRE(store.save_run(run(), {capture("a", 0, 10)}, fold(range(0, 3))).has_value());
  CHECK(counts(store) == "13:13");
  REQUIRE(store.save_run(run(), {capture("a", 0, 10)}, {}).has_value());
  CHECK(counts(store) == "10:10");
}

TEST_CASE("Both ends of a chain of captures leave its middle its own") {
  IncidentStore store = open_store(":memory:");
  save(store, "a", 0, 10);
  save(store, "b", 5, 25);
  save(store, "c", 20, 30);
  CHECK(counts(store) == "30:30");
  save(store, "a", 0, 10);
  CHECK(counts(store) == "30:30");
}

TEST_CASE("The same file under two names in one run is one capture") {
  IncidentStore store = open_store(":memory:");
  std::vector<OwnedFinding> findings = range(0, 10);
  for (OwnedFinding one : range(0, 10)) {
    one.capture = 1;
    findings.push_back(one);
  }
  CaptureInfo copy = capture("a", 0, 10);
  copy.path = "copy.pcap";
  REQUIRE(store.save_run(run(), {capture("a", 0, 10), copy}, fold(findings)).has_value());
  CHECK(counts(store) == "10:10");
  save(store, "a", 0, 10);
  CHECK(counts(store) == "10:10");
}

TEST_CASE("Whatever the history of scans, the count is that of distinct findings") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    IncidentStore store = open_store(":memory:");
    // Capture i has packets of [5 i, 5 i + 12); each scan sees some part of it.
    std::map<std::uint64_t, std::set<std::uint64_t>> seen;
    for (int scan = 0; scan < 12; ++scan) {
      const std::uint64_t index = random() % 5;
      const std::uint64_t begin = 5 * index + random() % 6;
      const std::uint64_t end = begin + random() % 7;
      const auto first = static_cast<std::int64_t>(5 * index);
      REQUIRE(store
                  .save_run(run(), {capture("c" + std::to_string(index), first, first + 12)},
                            fold(range(begin, end)))
                  .has_value());
      seen[index].clear();
      for (std::uint64_t key = begin; key < end; ++key) seen[index].insert(key);
    }
    std::set<std::uint64_t> all;
    for (const auto& [index, keys] : seen) all.insert(keys.begin(), keys.end());
    const std::string total = std::to_string(all.size());
    REQUIRE(counts(store) == (all.empty() ? "none" : total + ":" + total));
  }
}

}  // namespace leaktap
