// Command lines, by CLI11. The only file that knows it, and that catches its exceptions.
//
// Options are taken as text and turned into values by parse_... functions afterwards, so that every
// complaint is worded in one way: what is wrong, and what would be right.
#include "ui-cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "ui-cli/suggestion.h"

namespace leaktap {
namespace {

// The words of a command line, before they are judged.
struct Words {
  ScanCommand scan;
  MonitorCommand monitor;
  IncidentsCommand incidents;
  ExchangesCommand exchanges;
  std::string since, until, memory, fail_on, min_severity, format, color, id;
  std::vector<std::string> disabled;
};

// CLI11 leaves an std::optional alone only in versions newer than Debian's: set it in a callback.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::optional<std::string>& into,
                      const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&into](const std::string& value) { into = value; }, help);
}

void add_sensor_options(CLI::App& app, SensorArguments& into, Words& words) {
  app.add_option("--db", into.database, "Database of incidents; created if it is not there")
      ->type_name("FILE")
      ->capture_default_str();
  add_text(app, "--config", into.config, "Tenants, services, detectors (YAML)")->type_name("FILE");
  add_text(app, "--fingerprint-key", into.fingerprint_key,
           "Key of the fingerprints; by default one that is made once for this user")
      ->type_name("FILE|env:NAME");
  add_text(app, "--filter", into.filter, "Only packets that match, as tcpdump's filters")
      ->type_name("BPF");
  add_text(app, "--host", into.host, "Only exchanges with this host")->type_name("NAME");
  app.add_option("--threads", into.threads, "Workers; 0 is one a core")
      ->type_name("N")
      ->check(CLI::Range(0U, 256U));
  app.add_option("--memory", words.memory, "Limit of all buffers (1GiB)")->type_name("SIZE");
  app.add_option("--disable", words.disabled, "Switch a detector off; may be repeated")
      ->type_name("DETECTOR")
      ->allow_extra_args(false);
  app.add_flag("--show-principals", into.show_principals,
               "Name subjects and clients instead of showing pseudonyms");
}

void add_display_options(CLI::App& app, DisplayOptions& into, Words& words,
                         const std::string& formats) {
  app.add_option("--format", words.format, formats)->type_name("FORMAT");
  app.add_option("--color", words.color, "auto, always or never")->type_name("WHEN");
  app.add_flag("-q,--quiet", into.quiet, "Say nothing but results and errors");
}

void add_time_options(CLI::App& app, Words& words) {
  app.add_option("--since", words.since, "Only packets from this time on")->type_name("TIME");
  app.add_option("--until", words.until, "Only packets before this time")->type_name("TIME");
}

void add_scan(CLI::App& program, Words& words) {
  CLI::App& app = *program.add_subcommand("scan", "Find exposed credentials in captures");
  ScanCommand& scan = words.scan;
  app.add_option("FILE", scan.files, "pcap or pcapng; - is standard input")
      ->type_name("")
      ->required();
  add_sensor_options(app, scan.sensor, words);
  add_time_options(app, words);
  add_display_options(app, scan.display, words, "table, json or jsonl");
  add_text(app, "-o,--output", scan.output, "Write the result there")->type_name("FILE");
  app.add_option("--fail-on", words.fail_on,
                 "Exit with 1 from here on (high:strong); suspicions and attempts only if named")
      ->type_name("SEVERITY[:CONFIDENCE]");
  app.add_flag("--reveal", scan.reveal, "Show credentials themselves; standard output only");
  app.add_flag("--no-progress", scan.no_progress, "No progress on standard error");
  app.footer(
      "Examples:\n"
      "  leaktap scan capture.pcapng\n"
      "  leaktap scan --fail-on medium --format json -o result.json *.pcap\n"
      "  leaktap scan --since 2026-01-31T10:00 --host api.example.com day.pcap\n"
      "  zcat day.pcap.gz | leaktap scan -\n"
      "  ssh tap tcpdump -w - | leaktap scan -\n"
      "Exit status: 0 nothing found, 1 incidents, 2 wrong usage, 3 something could not be read.\n");
}

void add_monitor(CLI::App& program, Words& words) {
  CLI::App& app = *program.add_subcommand("monitor", "Watch an interface");
  MonitorCommand& monitor = words.monitor;
  app.add_option("-i,--interface", monitor.interface, "Interface to capture from")
      ->type_name("IFACE")
      ->required();
  add_sensor_options(app, monitor.sensor, words);
  add_display_options(app, monitor.display, words, "table (a line an incident) or jsonl");
  app.footer(
      "Runs until SIGINT or SIGTERM; incidents are stored about once a second.\n"
      "Examples:\n"
      "  leaktap monitor -i eth1 --config /etc/leaktap/leaktap.yaml --db "
      "/var/lib/leaktap/leaktap.db\n"
      "  leaktap monitor -i lo --filter 'tcp port 8000' --format jsonl\n");
}

void add_incidents(CLI::App& program, Words& words) {
  CLI::App& app = *program.add_subcommand("incidents", "List stored incidents, or show one");
  IncidentsCommand& incidents = words.incidents;
  app.require_subcommand(0, 1);
  app.add_option("--db", incidents.database, "Database of incidents")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--severity", words.min_severity, "Only from this severity on")
      ->type_name("SEVERITY");
  add_text(app, "--detector", incidents.detector, "Only of this detector")->type_name("DETECTOR");
  add_text(app, "--service", incidents.service, "Only of this service")->type_name("NAME");
  add_text(app, "--status", incidents.status,
           "Only open, acknowledged, resolved, suppressed or reopened")
      ->type_name("STATUS");
  app.add_flag("--all", incidents.all, "The table lists info and refused attempts, too");
  add_display_options(app, incidents.display, words, "table, json or jsonl");
  app.add_subcommand("list", "List incidents (what `leaktap incidents` does)")->fallthrough();
  CLI::App& show = *app.add_subcommand("show", "Everything about one incident");
  show.fallthrough();
  show.add_option("ID", words.id, "Its id, or the first four or more digits of it")->required();
  app.footer(
      "Examples:\n"
      "  leaktap incidents --severity high\n"
      "  leaktap incidents --all --format json\n"
      "  leaktap incidents show 1f2e3d4c\n");
}

void add_exchanges(CLI::App& program, Words& words) {
  CLI::App& app =
      *program.add_subcommand("exchanges", "Decoded HTTP exchanges, one JSON object a line");
  ExchangesCommand& exchanges = words.exchanges;
  app.add_option("FILE", exchanges.files, "pcap or pcapng; - is standard input")
      ->type_name("")
      ->required();
  add_text(app, "--filter", exchanges.filter, "Only packets that match, as tcpdump's filters")
      ->type_name("BPF");
  add_text(app, "--host", exchanges.host, "Only exchanges with this host")->type_name("NAME");
  add_time_options(app, words);
  app.add_option("--memory", words.memory, "Limit of all buffers (1GiB)")->type_name("SIZE");
  add_text(app, "-o,--output", exchanges.output, "Write the lines there")->type_name("FILE");
  app.add_flag("--show-values", exchanges.show_values,
               "Show query and header values that are no credentials");
  app.add_flag("--reveal", exchanges.reveal, "Show everything as sent; standard output only");
  app.add_flag("-q,--quiet", exchanges.quiet, "Say nothing but results and errors");
  app.footer(
      "Credentials, sensitive headers and query values are masked.\n"
      "Examples:\n"
      "  leaktap exchanges capture.pcap | jq 'select(.status == 401)'\n"
      "  leaktap exchanges --show-values --host api.example.com capture.pcap\n");
}

std::unique_ptr<CLI::App> make_program(Words& words) {
  auto program = std::make_unique<CLI::App>("Finds exposed credentials in HTTP traffic, passively.",
                                            "leaktap");
  program->set_version_flag("--version", fmt::format("leaktap {}", kVersion));
  program->require_subcommand(1);
  add_scan(*program, words);
  add_monitor(*program, words);
  add_incidents(*program, words);
  add_exchanges(*program, words);
  program->footer("`leaktap COMMAND --help` says more of a command.\n");
  return program;
}

std::vector<std::string_view> option_names(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

// The innermost command that was named.
const CLI::App& command_of(const CLI::App& program) {
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

bool has_command(const CLI::App& app, std::string_view name) {
  const std::vector<const CLI::App*> commands = app.get_subcommands({});
  return std::any_of(commands.begin(), commands.end(),
                     [&](const CLI::App* command) { return command->get_name() == name; });
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string unknown_option(const CLI::App& app, std::string_view word) {
  const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  const std::string_view name = word.substr(0, word.find('=')).substr(dashes);
  std::vector<std::string_view> names = option_names(app);
  if (app.get_fallthrough() && app.get_parent() != nullptr) {
    const auto more = option_names(*app.get_parent());
    names.insert(names.end(), more.begin(), more.end());
  }
  const auto best = nearest(name, names);
  // What stands behind '=' may be a secret that was pasted into the wrong place.
  return fmt::format("{} has no option `{}{}`{}", path_of(app), word.substr(0, dashes), name,
                     best ? fmt::format("; did you mean `--{}`?", *best)
                          : fmt::format("; see `{} --help`", path_of(app)));
}

std::string unknown_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string_view> names;
  std::vector<std::string> storage;
  for (const CLI::App* command : app.get_subcommands({})) storage.push_back(command->get_name());
  names.assign(storage.begin(), storage.end());
  const auto best = nearest(word, names);
  return fmt::format("{} has no command `{}`{}", path_of(app), word,
                     best ? fmt::format("; did you mean `{}`?", *best)
                          : fmt::format("; see `{} --help`", path_of(app)));
}

// Unknown words first: they explain what CLI11 complains about after them.
Error explain(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& app = command_of(program);
  const std::vector<std::string> unknown = program.remaining(true);
  for (const std::string& word : unknown) {
    if (word.size() > 1 && word.front() == '-') return {unknown_option(app, word)};
  }
  if (!unknown.empty()) {
    if (!app.get_subcommands({}).empty()) return {unknown_command(app, unknown.front())};
    return {fmt::format("{} takes no argument `{}`; see `{} --help`", path_of(app), unknown.front(),
                        path_of(app))};
  }
  std::string message = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (&app == &program) return {"no command was given; see `leaktap --help`"};
    message = fmt::format("{} needs {}", path_of(app), message.substr(0, message.find(' ')));
  }
  return {fmt::format("{}; see `{} --help`", message, path_of(app))};
}

// Collects the first complaint, so that judging the words reads as a list.
class Judge {
 public:
  template <typename T, typename Parse, typename Into>
  void take(std::string_view option, const std::string& word, Parse parse, Into& into) {
    if (word.empty() || error_) return;
    const Result<T> value = parse(word);
    if (value) {
      into = *value;
    } else {
      complain(fmt::format("{}: {}", option, value.error().message));
    }
  }
  void complain(std::string message) {
    if (!error_) error_ = Error{std::move(message)};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

Result<ResultFormat> parse_format(std::string_view text) {
  if (text == "table") return ResultFormat::Table;
  if (text == "json") return ResultFormat::JsonDocument;
  if (text == "jsonl") return ResultFormat::JsonLines;
  return fail(fmt::format("`{}` is no format (table, json, jsonl)", text));
}

Result<ColorChoice> parse_color(std::string_view text) {
  if (text == "auto") return ColorChoice::Auto;
  if (text == "always") return ColorChoice::Always;
  if (text == "never") return ColorChoice::Never;
  return fail(fmt::format("`{}` is none of auto, always, never", text));
}

constexpr std::size_t kLeastMemory = std::size_t{16} << 20;

Result<std::size_t> parse_memory(std::string_view text) {
  const Result<std::size_t> size = parse_size(text);
  if (size && *size < kLeastMemory) return fail("less than 16MiB is too little to work with");
  return size;
}

void judge_display(Judge& judge, const Words& words, DisplayOptions& into) {
  judge.take<ResultFormat>("--format", words.format, parse_format, into.format);
  judge.take<ColorChoice>("--color", words.color, parse_color, into.color);
}

void judge_sensor(Judge& judge, const Words& words, SensorArguments& into) {
  judge.take<std::size_t>("--memory", words.memory, parse_memory, into.memory);
  for (const std::string& name : words.disabled) {
    DetectorId id{};
    judge.take<DetectorId>("--disable", name, parse_detector, id);
    into.disabled.push_back(id);
  }
}

template <typename Any>
void judge_times(Judge& judge, const Words& words, Any& into) {
  judge.take<Timestamp>("--since", words.since, parse_time, into.since);
  judge.take<Timestamp>("--until", words.until, parse_time, into.until);
  if (into.since && into.until && *into.since >= *into.until) {
    judge.complain("--until must be later than --since");
  }
}

template <typename Any>
void judge_reveal(Judge& judge, const Any& command) {
  if (command.reveal && command.output) {
    judge.complain("--reveal shows credentials on standard output only; leave -o out");
  }
}

Command judge_scan(Judge& judge, Words& words) {
  judge_display(judge, words, words.scan.display);
  judge_sensor(judge, words, words.scan.sensor);
  judge_times(judge, words, words.scan);
  judge_reveal(judge, words.scan);
  judge.take<FailOn>("--fail-on", words.fail_on, parse_fail_on, words.scan.fail_on);
  return std::move(words.scan);
}

Command judge_monitor(Judge& judge, Words& words) {
  judge_display(judge, words, words.monitor.display);
  judge_sensor(judge, words, words.monitor.sensor);
  if (words.monitor.display.format == ResultFormat::JsonDocument) {
    judge.complain("--format json: a monitor has no end; use jsonl");
  }
  return std::move(words.monitor);
}

Command judge_incidents(Judge& judge, Words& words) {
  IncidentsCommand& incidents = words.incidents;
  judge_display(judge, words, incidents.display);
  judge.take<Severity>("--severity", words.min_severity, parse_severity, incidents.min_severity);
  if (incidents.detector) {
    const Result<DetectorId> known = parse_detector(*incidents.detector);
    if (!known) judge.complain("--detector: " + known.error().message);
  }
  constexpr std::array<std::string_view, 5> kStates = {"open", "acknowledged", "resolved",
                                                       "suppressed", "reopened"};
  if (incidents.status &&
      std::find(kStates.begin(), kStates.end(), *incidents.status) == kStates.end()) {
    judge.complain(
        fmt::format("--status: `{}` is none of {}", *incidents.status, fmt::join(kStates, ", ")));
  }
  if (!words.id.empty()) incidents.id = words.id;
  return std::move(incidents);
}

Command judge_exchanges(Judge& judge, Words& words) {
  judge_times(judge, words, words.exchanges);
  judge_reveal(judge, words.exchanges);
  judge.take<std::size_t>("--memory", words.memory, parse_memory, words.exchanges.memory);
  return std::move(words.exchanges);
}

struct CommandRow {
  std::string_view name;
  Command (*judge)(Judge&, Words&);
};
constexpr CommandRow kCommands[] = {
    {"scan", judge_scan},
    {"monitor", judge_monitor},
    {"incidents", judge_incidents},
    {"exchanges", judge_exchanges},
};

}  // namespace

Result<Command> parse_command_line(const std::vector<std::string>& arguments) {
  Words words;
  const std::unique_ptr<CLI::App> program = make_program(words);
  // CLI11 would miss the command first and the slip that hid it second.
  if (!arguments.empty() && !arguments.front().empty() && arguments.front().front() != '-' &&
      !has_command(*program, arguments.front())) {
    return fail(unknown_command(*program, arguments.front()));
  }
  try {
    program->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    const CLI::App& app = command_of(*program);
    return TextCommand{app.help(app.get_parent() == nullptr ? "" : path_of(*app.get_parent()))};
  } catch (const CLI::CallForVersion& version) {
    return TextCommand{std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(explain(*program, error));
  }
  Judge judge;
  const std::string name = program->get_subcommands().front()->get_name();
  for (const CommandRow& row : kCommands) {
    if (row.name != name) continue;
    words.scan.sensor.as_given = arguments;
    words.monitor.sensor.as_given = arguments;
    Command command = row.judge(judge, words);
    if (judge.error()) return tl::unexpected(*judge.error());
    return command;
  }
  return fail("no command was given; see `leaktap --help`");
}

}  // namespace leaktap
