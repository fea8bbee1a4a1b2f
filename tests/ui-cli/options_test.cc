#include "ui-cli/options.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

namespace leaktap {
namespace {

Result<Command> parse(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  return parse_command_line(arguments);
}

template <typename T>
T parsed(const std::string& line) {
  const Result<Command> command = parse(line);
  INFO(line);
  INFO((command ? "" : command.error().message));
  REQUIRE(command);
  REQUIRE(std::holds_alternative<T>(*command));
  return std::get<T>(*command);
}

std::string error_of(const std::string& line) {
  const Result<Command> command = parse(line);
  return command ? "no error" : command.error().message;
}

}  // namespace

TEST_CASE("scan takes files and works without options") {
  const auto scan = parsed<ScanCommand>("scan a.pcap b.pcap -");
  CHECK(scan.files == std::vector<std::string>{"a.pcap", "b.pcap", "-"});
  CHECK(scan.sensor.database == "leaktap.db");
  CHECK(scan.sensor.threads == 0);
  CHECK(scan.sensor.memory == std::size_t{1} << 30);
  CHECK(scan.display.format == ResultFormat::Table);
  CHECK(scan.fail_on.severity == Severity::High);
  CHECK(scan.fail_on.confidence == Confidence::Strong);
  CHECK_FALSE(scan.output);
  CHECK_FALSE(scan.reveal);
  CHECK(scan.sensor.as_given.front() == "scan");
}

TEST_CASE("scan understands all its options") {
  const auto scan = parsed<ScanCommand>(
      "scan --db x.db --config c.yaml --filter tcp --since 2026-01-01 --until 2026-01-02 "
      "--host api.example.com --threads 2 --memory 512M --format jsonl -o out "
      "--fail-on low:suspicion --fingerprint-key env:KEY --show-principals --quiet --no-progress "
      "--color never --disable credential-in-url --disable cross-tenant-access a.pcap");
  CHECK(scan.sensor.database == "x.db");
  CHECK(scan.sensor.config == "c.yaml");
  CHECK(scan.sensor.filter == "tcp");
  CHECK(scan.sensor.host == "api.example.com");
  CHECK(scan.sensor.threads == 2);
  CHECK(scan.sensor.memory == std::size_t{512} << 20);
  CHECK(scan.sensor.fingerprint_key == "env:KEY");
  CHECK(scan.sensor.show_principals);
  CHECK(scan.sensor.disabled ==
        std::vector{DetectorId::CredentialInUrl, DetectorId::CrossTenantAccess});
  CHECK(to_rfc3339(*scan.until) == "2026-01-02T00:00:00.000000Z");
  CHECK(scan.display.format == ResultFormat::JsonLines);
  CHECK(scan.display.color == ColorChoice::Never);
  CHECK(scan.display.quiet);
  CHECK(scan.output == "out");
  CHECK(scan.fail_on.severity == Severity::Low);
  CHECK(scan.fail_on.confidence == Confidence::Suspicion);
  CHECK(scan.no_progress);
  CHECK(scan.files == std::vector<std::string>{"a.pcap"});
}

TEST_CASE("monitor, incidents and exchanges are understood") {
  CHECK(parsed<MonitorCommand>("monitor -i lo --format jsonl").interface == "lo");
  CHECK_FALSE(parsed<IncidentsCommand>("incidents").id);
  CHECK(parsed<IncidentsCommand>("incidents --all --db x.db").all);
  CHECK(parsed<IncidentsCommand>("incidents list --all --severity high").min_severity ==
        Severity::High);
  const auto show = parsed<IncidentsCommand>("incidents show 1f2e3d4c --db x.db");
  CHECK(show.id == "1f2e3d4c");
  CHECK(show.database == "x.db");
  CHECK(parsed<IncidentsCommand>("incidents --db x.db show 1f2e3d4c").database == "x.db");
  CHECK(parsed<ExchangesCommand>("exchanges --show-values a.pcap b.pcap").files.size() == 2);
}

TEST_CASE("Help and version are texts, and name only what there is") {
  const std::string help = parsed<TextCommand>("--help").text;
  for (const char* const command : {"scan", "monitor", "incidents", "exchanges"}) {
    CHECK(help.find(command) != std::string::npos);
    CHECK(parsed<TextCommand>(std::string(command) + " --help").text.find("Examples:") !=
          std::string::npos);
  }
  for (const char* const later : {"audit", "slice", "report", "doctor", "keylog"}) {
    CHECK(help.find(later) == std::string::npos);
    CHECK(parsed<TextCommand>("scan --help").text.find(later) == std::string::npos);
  }
  CHECK(parsed<TextCommand>("--version").text == "leaktap 0.1.0\n");
}

TEST_CASE("A mistake says what was wrong and what was meant") {
  auto [line, expected] = GENERATE(table<std::string, std::string>({
      {"", "no command was given; see `leaktap --help`"},
      {"scna a.pcap", "leaktap has no command `scna`; did you mean `scan`?"},
      {"audit", "leaktap has no command `audit`; see `leaktap --help`"},
      {"incidents lst", "leaktap incidents has no command `lst`; did you mean `list`?"},
      {"scan", "leaktap scan needs FILE; see `leaktap scan --help`"},
      {"monitor", "leaktap monitor needs --interface; see `leaktap monitor --help`"},
      {"scan --fliter tcp a.pcap",
       "leaktap scan has no option `--fliter`; did you mean `--filter`?"},
      {"scan --pasword=hunter2 a.pcap",
       "leaktap scan has no option `--pasword`; see `leaktap scan --help`"},
      {"scan --frmat json", "leaktap scan has no option `--frmat`; did you mean `--format`?"},
      {"incidents show 1f2e --dbb x",
       "leaktap incidents show has no option `--dbb`; did you mean `--db`?"},
      {"scan --format xml a.pcap", "--format: `xml` is no format (table, json, jsonl)"},
      {"scan --color red a.pcap", "--color: `red` is none of auto, always, never"},
      {"scan --memory lots a.pcap", "--memory: `lots` is no size; write for example 512M or 1GiB"},
      {"scan --memory 1M a.pcap", "--memory: less than 16MiB is too little to work with"},
      {"scan --since noon a.pcap",
       "--since: `noon` is no time; write for example 2026-01-31T10:00:00Z"},
      {"scan --since 2026-01-02 --until 2026-01-01 a.pcap", "--until must be later than --since"},
      {"scan --disable credential-in-ulr a.pcap",
       "--disable: there is no detector `credential-in-ulr`; did you mean `credential-in-url`?"},
      {"scan --reveal -o out a.pcap",
       "--reveal shows credentials on standard output only; leave -o out"},
      {"exchanges --reveal -o out a.pcap",
       "--reveal shows credentials on standard output only; leave -o out"},
      {"monitor -i lo --format json", "--format json: a monitor has no end; use jsonl"},
      {"incidents --status gone",
       "--status: `gone` is none of open, acknowledged, resolved, suppressed, reopened"},
  }));
  INFO(line);
  CHECK(error_of(line) == expected);
}

TEST_CASE("Numbers out of range are refused") {
  CHECK(error_of("scan --threads -1 a.pcap") != "no error");
  CHECK(error_of("scan --threads 257 a.pcap") != "no error");
  CHECK(error_of("scan --threads two a.pcap") != "no error");
}

}  // namespace leaktap
