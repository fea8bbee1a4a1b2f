// `leaktap monitor`: an interface in, incidents out, until it is told to stop.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "capture/live_source.h"
#include "ui-cli/capture_notes.h"
#include "ui-cli/commands.h"
#include "ui-cli/coverage_json.h"
#include "ui-cli/live_store.h"
#include "ui-cli/messages.h"
#include "ui-cli/monitor_output.h"
#include "ui-cli/sensor_setup.h"
#include "ui-cli/stop_signal.h"
#include "ui-cli/wall_clock.h"
#include "ui-cli/wording.h"

namespace leaktap {
namespace {

// A service manager that sent SIGTERM waits a little, not for long.
constexpr auto kPatienceAtEnd = std::chrono::milliseconds(1200);

ExitCode failed(const Error& error, ExitCode code) {
  print_error(error.message);
  return code;
}

Result<std::set<std::string>> known_ids(IncidentStore& store) {
  const Result<std::vector<StoredIncident>> stored = store.list({});
  if (!stored) return tl::unexpected(stored.error());
  std::set<std::string> ids;
  for (const StoredIncident& one : *stored) ids.insert(one.incident.id);
  return ids;
}

Result<RunOutcome> watch(PacketSource& source, const SensorOptions& options, LiveStore& store,
                         MonitorOutput& output, const ResultWriter& writer,
                         const std::atomic<bool>& stop) {
  SensorHooks hooks;
  hooks.live_flush = [&](std::vector<Incident> incidents,
                         const std::vector<CaptureInfo>& captures) {
    output.show(incidents, captures);
    if (writer.failed()) request_stop();
    if (captures.empty()) return;
    CaptureInfo capture = captures.front();
    capture.path = std::string(kLivePrefix) + capture.path;
    store.add(capture, std::move(incidents));
  };
  return run_sensor(source, options, hooks, stop);
}

void tell_of_end(const RunOutcome& outcome, const MonitorOutput& output) {
  const Coverage& coverage = outcome.coverage;
  std::string text = fmt::format("captured {}, {}, {}", counted(coverage.packets.packets, "packet"),
                                 counted(coverage.reassembly.exchanges, "HTTP exchange"),
                                 counted(output.shown(), "incident"));
  if (output.left_out() != 0) {
    text += fmt::format(" and {} of severity info or refused", grouped(output.left_out()));
  }
  text += fmt::format("; {} dropped before they were captured",
                      counted(coverage.dropped_packets, "packet"));
  print_note(text);
}

ExitCode end(const MonitorCommand& command, const Result<RunOutcome>& outcome, LiveStore& store,
             const MonitorOutput& output, const std::map<std::string, std::string>& service_names) {
  const std::string coverage =
      outcome ? to_text(coverage_json(outcome->coverage, service_names), false) : "{}";
  const LiveStore::Ending ending = store.finish(coverage, kPatienceAtEnd);
  ExitCode code = ExitCode::Ok;
  if (!outcome) {
    code = failed(outcome.error(), ExitCode::Incomplete);
  } else {
    code = tell_of_captures(outcome->captures, command.display.quiet);
    if (!command.display.quiet) tell_of_end(*outcome, output);
  }
  if (ending.unsaved != 0) {
    print_error(fmt::format("{} could not be saved in {}", counted(ending.unsaved, "incident"),
                            command.sensor.database));
    code = ExitCode::Incomplete;
  }
  if (ending.abandoned) {
    // A write is still waiting for the database: end without tidying up what it uses.
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(stronger(code, ExitCode::Incomplete)));
  }
  return code;
}

}  // namespace

ExitCode run(const MonitorCommand& command) {
  Result<SensorSetup> setup = set_up_sensor(command.sensor);
  if (!setup) return failed(setup.error(), ExitCode::Usage);
  if (!command.display.quiet) {
    for (const std::string& note : setup->notes) print_note(note);
  }
  // The kernel filters; the sensor need not do it again.
  LiveOptions live{.interface = command.interface,
                   .filter = std::exchange(setup->options.filter, {}).value_or("")};
  const std::atomic<bool>& stop = stop_on_signal();
  const Result<std::unique_ptr<PacketSource>> source = open_interface(live);
  if (!source) return failed(source.error(), ExitCode::Incomplete);
  Result<IncidentStore> store =
      IncidentStore::open(command.sensor.database, IncidentStore::Mode::ReadWrite);
  if (!store) return failed(store.error(), ExitCode::Incomplete);
  Result<std::set<std::string>> known = known_ids(*store);
  if (!known) return failed(known.error(), ExitCode::Incomplete);
  if (!command.display.quiet) print_note(fmt::format("capturing on {}", command.interface));

  LiveStore live_store(std::move(*store),
                       RunRecord{.version = std::string(kVersion),
                                 .options_json = to_text(Json(command.sensor.as_given), false),
                                 .coverage_json = "{}",
                                 .started = wall_clock()});
  ResultWriter writer = ResultWriter::to_standard_output();
  MonitorOutput output(std::move(*known), command.display.format,
                       terminal_of(STDOUT_FILENO, command.display.color), writer);
  const Result<RunOutcome> outcome =
      watch(**source, setup->options, live_store, output, writer, stop);
  const ExitCode code =
      end(command, outcome, live_store, output, setup->options.detection.service_names);
  const Status written = writer.finish();
  return written ? code : failed(written.error(), ExitCode::Incomplete);
}

}  // namespace leaktap
