// What a monitor stores and says.
#include "ui-cli/live_store.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "tests/ui-cli/sample_incident.h"
#include "tests/ui-cli/scratch_folder.h"
#include "ui-cli/json_text.h"
#include "ui-cli/monitor_output.h"

namespace leaktap {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// As a fold gives it: with the findings that the store counts.
Incident found(std::uint64_t key) {
  Incident incident = sample_incident();
  incident.key.location = "query:k" + std::to_string(key);
  incident.id = id_of(incident.key);
  incident.evidence.clear();
  Sighting sighting;
  sighting.credential = incident.credentials.front().credential;
  sighting.state = Outcome::Accepted;
  sighting.severity = incident.severity;
  sighting.confidence = incident.confidence;
  sighting.first_seen = sighting.last_seen = sample_time(0);
  sighting.finding_keys = {key};
  incident.by_capture[0].sightings = {sighting};
  return incident;
}

CaptureInfo live_capture() {
  CaptureInfo capture = sample_capture();
  capture.path = "live:eth1";
  return capture;
}

std::string events_of(MonitorOutput& output, const std::vector<Incident>& incidents,
                      const ScratchFolder& folder, ResultWriter& writer) {
  output.show(incidents, {sample_capture()});
  REQUIRE(writer.finish());
  return folder.read("out");
}

}  // namespace

TEST_CASE("What a monitor finds is in the database when it has finished") {
  const ScratchFolder folder;
  const std::string path = folder.path("m.db");
  {
    Result<IncidentStore> store = IncidentStore::open(path, IncidentStore::Mode::ReadWrite);
    REQUIRE(store);
    LiveStore live(std::move(*store), {"0.1.0", "[]", "{}", sample_time(0)});
    live.add(live_capture(), {found(1)});
    live.add(live_capture(), {});
    live.add(live_capture(), {found(2), found(3)});
    const LiveStore::Ending ending = live.finish("{}", kPatience);
    CHECK(ending.unsaved == 0);
    CHECK_FALSE(ending.abandoned);
  }
  Result<IncidentStore> store = IncidentStore::open(path, IncidentStore::Mode::ReadOnly);
  REQUIRE(store);
  CHECK(store->list({})->size() == 3);
}

TEST_CASE("JSON of a monitor tells new incidents from those that come again") {
  const ScratchFolder folder;
  Result<ResultWriter> writer = ResultWriter::to_file(folder.path("out"));
  REQUIRE(writer);
  MonitorOutput output({found(1).id}, ResultFormat::JsonLines, {.charset = Charset::Utf8}, *writer);
  std::istringstream lines(events_of(output, {found(1), found(2), found(2)}, folder, *writer));
  std::string events;
  for (std::string line; std::getline(lines, line);) {
    events += Json::parse(line)["event"].get<std::string>() + " ";
  }
  CHECK(events == "updated new updated ");
  CHECK(output.shown() == 2);
}

TEST_CASE("For people a monitor says an incident once, and leaves out what is minor") {
  const ScratchFolder folder;
  Result<ResultWriter> writer = ResultWriter::to_file(folder.path("out"));
  REQUIRE(writer);
  MonitorOutput output({found(1).id}, ResultFormat::Table, {.charset = Charset::Utf8}, *writer);
  Incident info = found(3);
  info.severity = Severity::Info;
  const std::string text = events_of(output, {found(1), found(2), found(2), info}, folder, *writer);
  CHECK(text ==
        "2026-01-01 10:00:00  high      proof      credential-in-url        "
        "GET api.example.com/v1/items/{id}  query:k1  jwt eyJ…(412) +1  " +
            found(1).id +
            "  (seen before)\n"
            "2026-01-01 10:00:00  high      proof      credential-in-url        "
            "GET api.example.com/v1/items/{id}  query:k2  jwt eyJ…(412) +1  " +
            found(2).id + "\n");
  CHECK(output.left_out() == 1);
}

}  // namespace leaktap
