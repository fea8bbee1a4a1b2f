#include "ui-cli/run_report.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/ui-cli/sample_incident.h"
#include "tests/ui-cli/scratch_folder.h"
#include "ui-cli/json_text.h"
#include "ui-cli/progress.h"
#include "ui-cli/wording.h"

namespace leaktap {
namespace {

RunOutcome sample_outcome(std::vector<Incident> incidents) {
  RunOutcome outcome;
  outcome.captures = {sample_capture()};
  outcome.incidents = std::move(incidents);
  outcome.coverage.packets.packets = 1204;
  outcome.coverage.reassembly.flows = 12;
  outcome.coverage.reassembly.exchanges = 340;
  outcome.coverage.services = {{"api.example.com", 340}};
  return outcome;
}

std::string text_of(const RunOutcome& outcome, ResultFormat format,
                    const std::string& database = "leaktap.db") {
  const ScratchFolder folder;
  RunFacts facts;
  facts.options = {"scan", "a.pcap"};
  facts.started = sample_time(0);
  facts.database = database;
  Result<ResultWriter> writer = ResultWriter::to_file(folder.path("out"));
  REQUIRE(writer);
  write_run(outcome, facts, format, {.charset = Charset::Utf8}, nullptr, *writer);
  REQUIRE(writer->finish());
  return folder.read("out");
}

std::string keys_of(const Json& object) {
  std::string keys;
  for (const auto& item : object.items()) keys += (keys.empty() ? "" : " ") + item.key();
  return keys;
}

Incident control() {
  Incident incident = sample_incident();
  incident.count = 0;
  incident.attempts = 2;
  incident.severity = Severity::Low;
  incident.confidence = Confidence::Attempt;
  return incident;
}

Incident info() {
  Incident incident = sample_incident();
  incident.severity = Severity::Info;
  return incident;
}

}  // namespace

TEST_CASE("The JSON of a run has the documented members") {
  const Json json = Json::parse(
      text_of(sample_outcome({sample_incident(), control(), info()}), ResultFormat::JsonDocument));
  CHECK(keys_of(json) == "leaktap run captures coverage incidents controls");
  CHECK(json["leaktap"] == "0.1.0");
  CHECK(to_text(json["run"], false) ==
        R"({"options":["scan","a.pcap"],"config_sha256":null,"rules_sha256":null,"keylogs":[],)"
        R"("started":"2026-01-01T10:00:00.000000Z"})");
  CHECK(to_text(json["captures"], false) ==
        R"([{"path":"a.pcap","content_id":"100-abc","sha256":null,"packets":1204,"bytes":123456,)"
        R"("first":"2026-01-01T10:00:00.000000Z","last":"2026-01-01T10:05:00.000000Z",)"
        R"("truncated":false,"error":null}])");
  CHECK(keys_of(json["coverage"])
            .starts_with("packets flows one_sided_flows non_http_flows quic_flows tcp_gaps "
                         "bytes_unseen snapped_packets tls_sessions tls_decrypted tls_undecrypted "
                         "exchanges unpaired truncated_bodies unknown_codings evicted_flows "
                         "dropped_packets services "));
  CHECK(json["incidents"].size() == 2);
  CHECK(json["controls"].size() == 1);
  CHECK(json["controls"][0]["attempts"] == 2);
}

TEST_CASE("What could not be counted is null, not 0") {
  RunOutcome outcome = sample_outcome({});
  CHECK(Json::parse(text_of(outcome, ResultFormat::JsonDocument))["coverage"]["quic_flows"] == 0);
  outcome.coverage.packets.count(PacketFate::Udp);
  CHECK(Json::parse(text_of(outcome, ResultFormat::JsonDocument))["coverage"]["quic_flows"]
            .is_null());
}

TEST_CASE("Reasons for not assessing stand with their service") {
  RunOutcome outcome = sample_outcome({});
  outcome.coverage.not_assessed = {{"api.example.com", "cross-tenant-access", "no home tenant"}};
  const Json json = Json::parse(text_of(outcome, ResultFormat::JsonDocument));
  CHECK(to_text(json["coverage"]["services"], false) ==
        R"([{"host":"api.example.com","exchanges":340,"undecrypted":0,)"
        R"("not_assessed":[{"detector":"cross-tenant-access","reason":"no home tenant"}]}])");
}

TEST_CASE("JSON lines are incidents, controls, and the run at the end") {
  const std::string text =
      text_of(sample_outcome({control(), sample_incident()}), ResultFormat::JsonLines);
  std::istringstream lines(text);
  std::string types;
  for (std::string line; std::getline(lines, line);) {
    types += Json::parse(line)["type"].get<std::string>() + " ";
  }
  CHECK(types == "incident control run ");
}

TEST_CASE("The table comes with its coverage, and with what it leaves out") {
  const std::string text =
      text_of(sample_outcome({sample_incident(), control(), info(), info()}), ResultFormat::Table);
  CHECK(text.find("SEVERITY") == 0);
  CHECK(text.find("\n\nRead          340 HTTP exchanges on 1 host in 12 connections "
                  "(1,204 packets, 123.5 kB), 2026-01-01 10:00:00 to 2026-01-01 10:05:00 UTC\n") !=
        std::string::npos);
  CHECK(text.find("Left out: 2 info incidents and 1 working control (tries that were refused). "
                  "`leaktap incidents --all` shows them.\nSaved in leaktap.db.\n") !=
        std::string::npos);
}

TEST_CASE("A hint names the database if it is not the usual one, and is left out without one") {
  CHECK(text_of(sample_outcome({info()}), ResultFormat::Table, "x.db")
            .find("`leaktap incidents --all --db x.db`") != std::string::npos);
  const std::string unsaved = text_of(sample_outcome({info()}), ResultFormat::Table, "");
  CHECK(unsaved.find("incidents --all") == std::string::npos);
  CHECK(unsaved.find("Saved") == std::string::npos);
}

TEST_CASE("Only what was wholly read is called clean") {
  RunOutcome outcome = sample_outcome({});
  CHECK(text_of(outcome, ResultFormat::Table)
            .starts_with("No exposure found in 340 HTTP exchanges.\n"));
  outcome.coverage.reassembly.tls_flows = 2;
  outcome.coverage.reassembly.tcp_gaps = 1;
  outcome.coverage.reassembly.bytes_unseen = 1448;
  const std::string text = text_of(outcome, ResultFormat::Table);
  CHECK(
      text.starts_with("No exposure found in what could be read: 340 HTTP exchanges in "
                       "1,204 packets.\n"));
  CHECK(text.find("Not read      2 TLS connections without keys, 1 gap (1.4 kB)\n") !=
        std::string::npos);
  RunOutcome empty;
  CHECK(text_of(empty, ResultFormat::Table)
            .starts_with("No exposure found in what could be read: 0 HTTP exchanges in "
                         "0 packets.\n"));
}

TEST_CASE("--fail-on counts from its severity and confidence on") {
  const std::vector<Incident> incidents{sample_incident()};  // high, proof
  CHECK(reaches(incidents, {Severity::High, Confidence::Strong}));
  CHECK(reaches(incidents, {Severity::Low, Confidence::Proof}));
  CHECK_FALSE(reaches(incidents, {Severity::Critical, Confidence::Strong}));
  CHECK_FALSE(reaches({control()}, {Severity::Info, Confidence::Strong}));
  CHECK(reaches({control()}, {Severity::Info, Confidence::Attempt}));
  CHECK_FALSE(reaches({}, {Severity::Info, Confidence::Attempt}));
}

TEST_CASE("A tally counts incidents by severity and leaves controls out") {
  CHECK(tally_of({}) == "0 incidents");
  CHECK(tally_of({sample_incident(), info(), info(), control()}) == "3 incidents: 1 high, 2 info");
}

TEST_CASE("Progress says how far it is, as wide as the terminal") {
  Progress progress;
  progress.bytes = 250'000'000;
  progress.total_bytes = 1'000'000'000;
  progress.packets = 1'234'567;
  progress.exchanges = 12'345;
  progress.incidents = 7;
  const std::chrono::duration<double> elapsed(2.5);
  Terminal terminal{.is_terminal = true, .width = 200};
  CHECK(progress_line(progress, elapsed, terminal) ==
        "[#####...............]  25 %  250.0 MB  0:07 left  7 incidents  12,345 exchanges  "
        "1,234,567 packets  100.0 MB/s");
  terminal.width = 60;
  CHECK(progress_line(progress, elapsed, terminal) ==
        "[#####...............]  25 %  250.0 MB  0:07 left");
  progress.total_bytes = 0;
  terminal.width = 40;
  CHECK(progress_line(progress, elapsed, terminal) == "250.0 MB  7 incidents  12,345 exchanges");
}

TEST_CASE("Numbers are grouped, sizes have a unit") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(byte_count(0) == "0 bytes");
  CHECK(byte_count(999) == "999 bytes");
  CHECK(byte_count(1000) == "1.0 kB");
  CHECK(byte_count(999'999) == "1.0 MB");
  CHECK(counted(1, "packet") == "1 packet");
  CHECK(counted(2, "body", "bodies") == "2 bodies");
}

}  // namespace leaktap
