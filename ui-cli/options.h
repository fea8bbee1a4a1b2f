// A command line, as values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "capture/result.h"
#include "capture/timestamp.h"
#include "detectors/catalogue.h"
#include "ui-cli/arguments.h"
#include "ui-cli/terminal.h"

namespace leaktap {

inline constexpr std::string_view kVersion = LEAKTAP_VERSION;
inline constexpr std::string_view kDefaultDatabase = "leaktap.db";

enum class ResultFormat : std::uint8_t { Table, JsonDocument, JsonLines };

// How a text for people is to look, and how much is said beside it.
struct DisplayOptions {
  ResultFormat format = ResultFormat::Table;
  ColorChoice color = ColorChoice::Auto;
  bool quiet = false;  // errors only
};

// What `scan` and `monitor` share.
struct SensorArguments {
  std::string database{kDefaultDatabase};
  std::optional<std::string> config;
  std::optional<std::string> fingerprint_key;  // FILE or env:NAME
  std::optional<std::string> filter;           // BPF
  std::optional<std::string> host;
  unsigned threads = 0;  // 0: one a core
  std::size_t memory = std::size_t{1} << 30;
  std::vector<DetectorId> disabled;
  bool show_principals = false;
  std::vector<std::string> as_given;  // the command line, for the run's record
};

struct ScanCommand {
  SensorArguments sensor;
  DisplayOptions display;
  std::vector<std::string> files;
  std::optional<Timestamp> since, until;
  std::optional<std::string> output;
  FailOn fail_on;
  bool reveal = false;
  bool no_progress = false;
};

struct MonitorCommand {
  SensorArguments sensor;
  DisplayOptions display;
  std::string interface;
};

struct IncidentsCommand {
  std::string database{kDefaultDatabase};
  DisplayOptions display;
  std::optional<std::string> id;  // show this one; else list
  std::optional<Severity> min_severity;
  std::optional<std::string> detector, service, status;
  bool all = false;  // the table lists `info` and controls, too
};

struct ExchangesCommand {
  std::vector<std::string> files;
  std::optional<std::string> filter, host, output;
  std::optional<Timestamp> since, until;
  std::size_t memory = std::size_t{1} << 30;
  bool show_values = false;
  bool reveal = false;
  bool quiet = false;
};

// `--help` and `--version`: a text for standard output.
struct TextCommand {
  std::string text;
};

using Command =
    std::variant<ScanCommand, MonitorCommand, IncidentsCommand, ExchangesCommand, TextCommand>;

// `arguments` without the program's name. An Error is a sentence that says what is wrong and what
// was probably meant.
Result<Command> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace leaktap
